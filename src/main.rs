//! The `nhi` command.
fn main() {}
