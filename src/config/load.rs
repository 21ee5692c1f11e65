//! From the file to a checked [`Config`].

use super::findings::Findings;
use super::problem::{Fault, Problem};
use super::reader::Keys;
use super::{Config, feeds, sections, views};
use crate::text::without_controls;
use std::io;
use std::path::{Path, PathBuf};
use toml::de::DeTable;

/// Largest configuration file in bytes: a hundred thousand feeds.
const MAX_LENGTH: u64 = 32 << 20;

/// Where the system-wide file is.
const SYSTEM_FILE: &str = "/etc/feedfold/feedfold.toml";

/// Where the service of the system-wide file keeps what it stores.
const SYSTEM_STATE: &str = "/var/lib/feedfold";

/// Where the file is looked for in the working directory.
const LOCAL_FILE: &str = "config/feedfold.toml";

/// What a configuration takes from the world around its file.
pub struct Surroundings<'a> {
    /// What relative paths of secrets start from: the folder of the file.
    pub base: &'a Path,
    /// Where a relative database path starts from (`$STATE_DIRECTORY`); `None` is the working
    /// directory.
    pub state_directory: Option<PathBuf>,
    /// Where a service's secrets are (`$CREDENTIALS_DIRECTORY`).
    pub credentials_directory: Option<PathBuf>,
    /// Reads a secret's file.
    pub read: &'a dyn Fn(&Path) -> io::Result<String>,
}

/// Reads and checks the file at `path`. Under systemd, `$STATE_DIRECTORY` and
/// `$CREDENTIALS_DIRECTORY` say where the database and the secrets are.
///
/// # Errors
/// All problems of the file, or why it cannot be read.
pub fn load(path: &Path) -> Result<Config, Fault> {
    let file = without_controls(&path.display().to_string());
    let text = read(path).map_err(|error| Fault {
        file: file.clone(),
        problems: vec![Problem {
            line: 0,
            key: String::new(),
            wrong: format!("cannot be read ({error})"),
            right: "name a readable TOML file with --config".to_owned(),
        }],
    })?;
    // systemd separates several directories by a colon.
    let directory = |name| {
        let value = std::env::var_os(name)?;
        std::env::split_paths(&value)
            .next()
            .filter(|path| !path.as_os_str().is_empty())
    };
    let around = Surroundings {
        base: path.parent().unwrap_or(Path::new("")),
        state_directory: directory("STATE_DIRECTORY")
            .or_else(|| system_state(path, Path::new(SYSTEM_FILE), Path::new(SYSTEM_STATE))),
        credentials_directory: directory("CREDENTIALS_DIRECTORY"),
        read: &|path| read(path),
    };
    parse_within(&text, &file, &around)
}

/// Where the database of the system-wide file is for those who ask beside the service.
fn system_state(path: &Path, system_file: &Path, state: &Path) -> Option<PathBuf> {
    // A link that leads where only the service may look counts, too: then that is told.
    let is_there = || std::fs::symlink_metadata(state).is_ok();
    (path == system_file && is_there()).then(|| state.to_owned())
}

fn read(path: &Path) -> io::Result<String> {
    if std::fs::metadata(path)?.len() > MAX_LENGTH {
        return Err(io::Error::other("it is larger than 32 MiB"));
    }
    std::fs::read_to_string(path)
}

/// Checks the text of a configuration; `name` is what problems call the file, `base` is where
/// relative paths of secrets start from. The environment is not looked at.
///
/// # Errors
/// All problems of the text.
pub fn parse(text: &str, name: &str, base: &Path) -> Result<Config, Fault> {
    let around = Surroundings {
        base,
        state_directory: None,
        credentials_directory: None,
        read: &|path| read(path),
    };
    parse_within(text, name, &around)
}

/// [`parse`] with everything that a configuration takes from the world around it.
///
/// # Errors
/// All problems of the text.
pub fn parse_within(text: &str, name: &str, around: &Surroundings<'_>) -> Result<Config, Fault> {
    let (document, faults) = DeTable::parse_recoverable(text);
    let mut syntax = Findings::of(text);
    for fault in faults {
        let at = fault.span().map_or(0, |span| span.start);
        syntax.note(
            at,
            "",
            format!("this is not valid TOML ({})", fault.message()),
            "",
        );
    }
    let syntax = syntax.into_problems();
    let mut findings = Findings::of(text);
    let config = everything(document.get_ref(), around, &mut findings);
    let mut problems = findings.into_problems();
    if !syntax.is_empty() {
        // What follows from a broken line is no problem of its own.
        problems.retain(|problem| {
            !problem.wrong.ends_with("has no url")
                && !problem.wrong.ends_with("has no name")
                && syntax.iter().all(|broken| broken.line != problem.line)
        });
        problems.extend(syntax);
        problems.sort_by_key(|problem| problem.line);
    }
    if problems.is_empty() {
        Ok(config)
    } else {
        Err(Fault {
            file: name.to_owned(),
            problems,
        })
    }
}

fn everything<'a>(
    document: &'a DeTable<'a>,
    around: &Surroundings<'_>,
    findings: &mut Findings,
) -> Config {
    let mut top = Keys::new("", Some(document), 0);
    let database = sections::database(top.section("database", findings), around, findings);
    let server = sections::server(top.section("server", findings), around, findings);
    let fetch = sections::fetch(top.section("fetch", findings), findings);
    let fold = sections::fold(top.section("fold", findings), findings);
    let default = Config::default();
    let retention = sections::retention(
        top.section("retention", findings),
        default.retention,
        findings,
    );
    let publish = sections::publish(top.section("publish", findings), default.publish, findings);
    let sync = sections::sync(top.section("sync", findings), around, findings);
    let (feeds, rules) = feeds::feeds(top.sections("feeds", findings), around, findings);
    let mut views = views::views(
        top.sections("views", findings),
        &feeds,
        fold.level,
        findings,
    );
    let hidden = super::hidden(&rules);
    for view in &mut views {
        view.hidden.clone_from(&hidden);
    }
    top.finish(findings);
    Config {
        rules,
        database,
        server,
        fetch,
        fold,
        retention,
        sync,
        publish,
        feeds,
        views,
    }
}

/// Every section and key that there is, sorted; the documentation is checked against it.
#[must_use]
pub fn keys() -> Vec<(&'static str, &'static str)> {
    let mut findings = Findings::default();
    let around = Surroundings {
        base: Path::new(""),
        state_directory: None,
        credentials_directory: None,
        read: &|_| Err(io::ErrorKind::NotFound.into()),
    };
    let (document, _) = DeTable::parse_recoverable("[[feeds]]\n[[views]]");
    everything(document.get_ref(), &around, &mut findings);
    findings
        .known()
        .filter(|(section, _)| !section.is_empty())
        .collect()
}

/// The configuration file to use: the one that is named, else the one of `from_environment`
/// (`$FEEDFOLD_CONFIG`), else `config/feedfold.toml` in the working directory, else the system's.
/// `None` where none of these exists; a file that is named is returned without looking.
#[must_use]
pub fn find_with(explicit: Option<&Path>, from_environment: Option<PathBuf>) -> Option<PathBuf> {
    explicit
        .map(Path::to_path_buf)
        .or(from_environment.filter(|path| !path.as_os_str().is_empty()))
        .or_else(|| {
            [LOCAL_FILE, SYSTEM_FILE]
                .into_iter()
                .map(PathBuf::from)
                .find(|path| path.exists())
        })
}

/// [`find_with`] this process's environment.
#[must_use]
pub fn find(explicit: Option<&Path>) -> Option<PathBuf> {
    find_with(
        explicit,
        std::env::var_os("FEEDFOLD_CONFIG").map(PathBuf::from),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_system_wide_file_stands_for_the_directory_of_its_service_where_that_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("feedfold.toml");
        let state = folder.path().join("state");
        assert_eq!(system_state(&file, &file, &state), None);
        // As systemd has it for a user of its own; others may not even look where it leads.
        std::os::unix::fs::symlink("private/state", &state).unwrap();
        assert_eq!(system_state(&file, &file, &state), Some(state.clone()));
        let other = folder.path().join("other.toml");
        assert_eq!(system_state(&other, &file, &state), None);
    }
}
