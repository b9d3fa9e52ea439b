//! What the project does to itself: test, bench, soak, world, count.
//!
//! `cargo xtask` is the one entrance, for people and for CI. Each command is a module.

mod bench;
mod count;
mod processes;
mod soak;
mod test;
mod world;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
What the project does to itself.

  cargo xtask test                         install what tests need, run them and every check
  cargo xtask count                        measure the text against STYLE.md's budgets
  cargo xtask bench [NAME]                 measure api, broker, chain, dokumentpakke,
                                           noark or portal; writes
                                           target/bench/NAME.json
  cargo xtask bench broker --backlog N     the message service, with so many waiting at last
  cargo xtask soak broker --kills N        kill the message service under load, so often
  cargo xtask soak broker --operations N   hold it against its model for so long
  cargo xtask world FILE --port-base N     start what a world.json describes, and stay up
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let args: Vec<String> = args.collect();
    let done = match (command.as_str(), args.as_slice()) {
        ("test", []) => test::main(),
        ("count", []) => count::main(),
        ("world", args) => world::main(args),
        ("bench", args) => bench::main(args),
        ("soak", args) => soak::main(args),
        ("" | "help" | "-h" | "--help", _) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            let given = [&[command], args.as_slice()].concat().join(" ");
            eprintln!("`{given}` is not understood.\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The clone.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("xtask/ is in the clone").to_owned()
}
