//! Demo.
use super::output::{Failure, Out};
pub(super) async fn run(_out: &mut Out) -> Result<(), Failure> {
    Ok(())
}
