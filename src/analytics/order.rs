//! Owns what can be wrong with the order of a snippet's commands, or with one that is missing among them.
//!
//! Gives [`OrderProblem`]. Which order a tracker wants is for its vendor's file to know.

/// Why commands do not do what they should in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderProblem {
    /// What happens, in a sentence.
    pub message: String,
    /// What to do.
    pub fix: String,
    /// Whether it is so with every tracker, rather than with some.
    pub is_certain: bool,
}

impl OrderProblem {
    /// Demands a command that counts the page, of a snippet that hands its commands over in this queue.
    pub(super) fn unless_counted(commands: &[String], queue: &str, view: &str) -> Result<(), OrderProblem> {
        let says = |name: &str| commands.iter().any(|command| command == name);
        match says(queue) && !says(view) {
            false => Ok(()),
            true => Err(OrderProblem {
                message: format!(
                    "the snippet never says `{view}`: the tracker loads, waits to be told, and counts nobody"
                ),
                fix: format!("add `{view}` to the snippet, after the address and the site"),
                is_certain: true,
            }),
        }
    }
}
