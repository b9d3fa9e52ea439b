//! What the project does to itself: test, bench, soak, world, count.
fn main() {}
