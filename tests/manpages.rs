//! The command line of each program as a man page.
fn main() {}
