//! The man pages, made of the command lines' own definitions: what is committed must be what is made.
//!
//! After a change to a command line, write them anew and look at the difference:
//!
//! ```text
//! WRITE_MANPAGES=1 cargo test --test manpages && man -l systemd/wxlogind.8
//! ```

use std::path::Path;
use std::{env, fs};

use clap::{Command, CommandFactory};
use clap_mangen::Man;

#[test]
fn wxloginctl_has_the_man_page_that_its_command_line_makes() {
    check("wxloginctl.1", wxlogind::ctl::command());
}

#[test]
fn wxlogind_has_the_man_page_that_its_command_line_makes() {
    check("wxlogind.8", wxlogind::daemon::Command::command());
}

#[test]
fn wxlogin_sandbox_has_the_man_page_that_its_command_line_makes() {
    check("wxlogin-sandbox.1", wxlogind::sandbox::Program::command());
}

/// Defines the apostrophe that the sections use.
const PREAMBLE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// Compares `systemd/<file>` with what `command` makes, or writes it where `WRITE_MANPAGES` is set.
fn check(file: &str, command: Command) {
    let section = Path::new(file).extension().and_then(|section| section.to_str()).unwrap_or("1");
    let made = page(command, section);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd").join(file);
    if env::var_os("WRITE_MANPAGES").is_some() {
        fs::write(&path, &made).expect("the working copy can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        made == committed,
        "{} is not what its command line makes; see the head of this test",
        path.display()
    );
}

/// One page with every verb in it, which is easier to search than a page for each.
fn page(mut command: Command, section: &str) -> String {
    command.build();
    let verbs: Vec<Command> =
        command.get_subcommands().filter(|verb| verb.get_name() != "help").cloned().collect();
    let notes = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let man = Man::new(command).section(section).manual("wxlogind");
    let mut parts = vec![
        PREAMBLE.to_owned(),
        made(|to| man.render_title(to)),
        made(|to| man.render_name_section(to)),
        made(|to| man.render_synopsis_section(to)),
        made(|to| man.render_description_section(to)),
        made(|to| man.render_options_section(to)),
    ];
    if !verbs.is_empty() {
        parts.push(".SH VERBS\n".to_owned());
        parts.extend(verbs.into_iter().map(section_of));
    }
    parts.extend(notes.split("\n\n").filter(|note| !note.is_empty()).map(noted));
    parts.concat()
}

/// A verb as a subsection: how it is written, what it does, its own options.
fn section_of(verb: Command) -> String {
    let name = verb.get_name().to_owned();
    let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
    let own = verb.get_arguments().filter(|arg| arg.is_global_set() || arg.get_id() == "help");
    let shared: Vec<_> = own.map(|arg| arg.get_id().clone()).collect();
    let verb = shared.into_iter().fold(verb, |verb, id| verb.mut_arg(id, |arg| arg.hide(true)));
    let has_options = verb.get_arguments().any(|arg| !arg.is_hide_set());
    let man = Man::new(verb);
    let synopsis = body(&made(|to| man.render_synopsis_section(to)));
    let options = if has_options { body(&made(|to| man.render_options_section(to))) } else { String::new() };
    format!(".SS {name}\n{synopsis}.PP\n{}.\n{options}", roff_line(&about))
}

/// A paragraph of the notes below the help: its first line is the heading, the others stand as they are.
fn noted(note: &str) -> String {
    let (heading, lines) = note.split_once(":\n").unwrap_or(("NOTES", note));
    let lines: String =
        lines.lines().map(|line| roff_line(line.strip_prefix("  ").unwrap_or(line)) + "\n").collect();
    format!(".SH {heading}\n.nf\n{lines}.fi\n")
}

/// A line that roff takes as text.
fn roff_line(line: &str) -> String {
    let line = line.replace('\\', "\\e").replace('-', "\\-");
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line }
}

/// A section without its heading.
fn body(section: &str) -> String {
    section
        .split_once('\n')
        .filter(|(head, _)| head.starts_with(".SH"))
        .map_or(section, |(_, body)| body)
        .to_owned()
}

/// What `render` writes, without the preamble that each section brings along.
fn made(render: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    render(&mut bytes).expect("memory takes every write");
    String::from_utf8(bytes).expect("a page is made of text").replace(PREAMBLE, "")
}
