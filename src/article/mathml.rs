//! Settles MathML into what every validator and reader takes: `displaystyle` and `scriptlevel` stand on `mstyle`, and the
//! first on tables, which inherit none.
//!
//! MathML Core lets them stand on each element, and browsers read both; MathML 3, by which validators and readers of
//! books and feeds go, does not. Reads only what the converter writes, which is well-formed.

/// Returns a formula with its styles where they belong.
pub(super) fn settled(mathml: String) -> String {
    if !mathml.contains("displaystyle=") && !mathml.contains("scriptlevel=") {
        return mathml;
    }
    let mut out = String::with_capacity(mathml.len() + 64);
    // What ends each element that is open.
    let mut ends: Vec<String> = Vec::new();
    let mut rest = mathml.as_str();
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        let tag = &rest[at..];
        let Some(length) = tag.find('>').map(|end| end + 1) else { break };
        rest = &tag[length..];
        let tag = &tag[..length];
        if tag.starts_with("</") {
            out.push_str(&ends.pop().unwrap_or_default());
            continue;
        }
        let inner = tag[1..length - 1].trim_end_matches('/');
        let (name, attributes) = inner.split_once(' ').unwrap_or((inner, ""));
        let (styles, others) = parted(name, attributes);
        let is_closed = tag.ends_with("/>");
        let (open, end) = if styles.is_empty() || matches!(name, "math" | "mstyle") {
            (tag.to_owned(), format!("</{name}>"))
        } else if name == "mrow" {
            (format!("<mstyle{styles}{others}>"), "</mstyle>".to_owned())
        } else {
            (format!("<mstyle{styles}><{name}{others}>"), format!("</{name}></mstyle>"))
        };
        out.push_str(&open);
        match is_closed {
            // An element that closes itself is written with an end if it was taken apart.
            true if open != tag => out.push_str(&end),
            true => {}
            false => ends.push(end),
        }
    }
    out + rest
}

/// Parts the attributes that an element of this name may not have from all others; each keeps the space before it.
fn parted(element: &str, mut attributes: &str) -> (String, String) {
    let (mut styles, mut others) = (String::new(), String::new());
    while let Some((name, rest)) = attributes.trim_start().split_once("=\"") {
        let (value, after) = rest.split_once('"').unwrap_or((rest, ""));
        let is_style = name == "scriptlevel" || name == "displaystyle" && element != "mtable";
        let list = if is_style { &mut styles } else { &mut others };
        list.push_str(&format!(" {name}=\"{value}\""));
        attributes = after;
    }
    (styles, others)
}

#[cfg(test)]
mod tests {
    use super::settled;

    #[test]
    fn styles_stand_on_an_element_of_their_own() {
        let pairs = [
            ("<math display=\"block\"><mi>x</mi></math>", "<math display=\"block\"><mi>x</mi></math>"),
            (
                "<math><mfrac linethickness=\"0\" displaystyle=\"true\" style=\"padding-top: 0.1667em\"><mi>a</mi><mfrac><mi>b</mi><mi>c</mi></mfrac></mfrac></math>",
                "<math><mstyle displaystyle=\"true\"><mfrac linethickness=\"0\" style=\"padding-top: 0.1667em\"><mi>a</mi><mfrac><mi>b</mi><mi>c</mi></mfrac></mfrac></mstyle></math>",
            ),
            (
                "<mrow displaystyle=\"true\" scriptlevel=\"0\"><mspace width=\"1em\"/><mo>&lt;</mo></mrow>",
                "<mstyle displaystyle=\"true\" scriptlevel=\"0\"><mspace width=\"1em\"/><mo>&lt;</mo></mstyle>",
            ),
            (
                "<mtable displaystyle=\"true\" scriptlevel=\"0\"><mtr/></mtable><mpadded displaystyle=\"true\" width=\"0\"/>",
                "<mstyle scriptlevel=\"0\"><mtable displaystyle=\"true\"><mtr/></mtable></mstyle><mstyle displaystyle=\"true\"><mpadded width=\"0\"></mpadded></mstyle>",
            ),
        ];
        for (from, to) in pairs {
            assert_eq!(settled(from.to_owned()), to);
        }
    }
}
