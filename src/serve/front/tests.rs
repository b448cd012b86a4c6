//! What the door promises before it is opened.

use super::*;

#[test]
fn work_that_panics_is_begun_again_until_it_ends() {
    let mut times = 0;
    keep_going(Duration::ZERO, || {
        times += 1;
        assert!(times == 3, "not yet");
    });
    assert_eq!(times, 3);
}
