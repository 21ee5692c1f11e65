//! Secrets, written in the file or in a file of their own.

use super::findings::Findings;
use super::load::Surroundings;
use super::reader::Keys;
use std::path::{Path, PathBuf};

/// Longest secret in bytes.
const MAX_LENGTH: usize = 64 * 1024;

/// The secret of `inline`, or the content of the file that `file` names, without the line break
/// at its end. Naming both is a problem, and so is a file that cannot be read or is empty.
pub(super) fn secret(
    keys: &mut Keys<'_>,
    inline: &'static str,
    file: &'static str,
    around: &Surroundings<'_>,
    findings: &mut Findings,
) -> Option<String> {
    let written = keys.string(inline, "…", findings);
    let named = keys.string(file, "/etc/feedfold/secret", findings);
    let (path, value) = match (written, named) {
        (Some(_), Some((_, value))) => {
            keys.note(
                file,
                value,
                format!("'{inline}' is given too"),
                format!("keep one of '{inline}' and '{file}'"),
                findings,
            );
            return None;
        }
        (Some((secret, _)), None) => return Some(secret.to_owned()),
        (None, Some(named)) => named,
        (None, None) => return None,
    };
    let place = resolve(Path::new(path), around);
    let wrong = match (around.read)(&place) {
        Ok(content) if content.len() > MAX_LENGTH => "is longer than 64 KiB".to_owned(),
        Ok(content) => {
            let secret = content.trim_end_matches(['\n', '\r']);
            if !secret.trim().is_empty() {
                return Some(secret.to_owned());
            }
            "is empty".to_owned()
        }
        Err(error) => format!("cannot be read ({error})"),
    };
    keys.note(
        file,
        value,
        format!("the file {} {wrong}", place.display()),
        "name a readable text file that holds only the secret",
        findings,
    );
    None
}

/// A relative path is a credential of the service where there is one of that name, else beside
/// the configuration file.
fn resolve(path: &Path, around: &Surroundings<'_>) -> PathBuf {
    if path.is_relative()
        && let Some(directory) = &around.credentials_directory
    {
        let credential = directory.join(path);
        if (around.read)(&credential).is_ok() {
            return credential;
        }
    }
    around.base.join(path)
}
