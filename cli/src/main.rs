//! The `triqueta` command.
fn main() {}
