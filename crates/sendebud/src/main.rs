//! eInnsyns meldingstjeneste in one binary: each role is a subcommand.

mod cli;
mod command;
mod demo;
mod init;
mod log;
mod moving;
mod notify;
mod roles;
mod run;
mod settings;
mod trace;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};

// Without huge pages (`no_thp`): with them each corner of the allocator that is touched
// once takes two megabytes, twelve in a role that does nothing.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    no_core_dumps();
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Demo(options) => demo::demo(&options),
        Command::Init(options) => init::init(&options.folder, options.port_base),
        Command::Broker(options) => roles::broker::run(&options),
        Command::Registry(role) => run::role(&role, roles::registry::start),
        Command::Serve(options) => command::serve::run(&options),
        Command::Check(options) => return command::check::run(&options),
        Command::MoveIn(options) => command::moving::move_in(&options),
        Command::MoveOut(options) => command::moving::move_out(&options),
        Command::Settings => {
            print!("{}", settings::reference());
            Ok(())
        }
        Command::HashPassword => command::serve::hash_password(),
        Command::Portal(role) => run::role(&role, roles::portal::start),
        Command::Klient(options) => command::klient::run(options),
        Command::Postmottak(role) => run::role(&role, roles::postmottak::start),
        Command::Package(command) => return command::package::run(&command),
        Command::Keys(command) => return command::keys::run(&command),
        Command::Register(command) => return command::register::run(&command),
        Command::Validate(options) => return command::validate::run(&options),
        Command::Queue(command) => command::queue::run(&command),
        Command::Status(options) => command::message::status(&options),
        Command::Inbox(options) => command::message::inbox(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Causes in one line, and never a backtrace: it is for people who run it.
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Keys are in memory: a crash leaves no picture of it, and no other process of ours may
/// look into it. Where the machine refuses, it is said and not fatal.
fn no_core_dumps() {
    use rustix::process::{
        DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit,
    };
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let limited = setrlimit(Resource::Core, none);
    let hidden = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    if let Err(error) = limited.and(hidden) {
        eprintln!("core dumps cannot be turned off: {error}");
    }
}
