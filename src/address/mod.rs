//! Web addresses: parsed once, always absolute, always `http` or `https`.

mod canonical;
mod rules;

pub use canonical::is_front_page;

use std::fmt;
use url::Url;

/// An absolute `http` or `https` URL (WHATWG URL Standard). Holding one proves that it parsed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(Url);

/// Longest address that is kept, in bytes: longer ones are refused.
pub const MAX_LENGTH: usize = 8 * 1024;

/// Why a text is no [`Address`]; the display is a clause that follows the text it speaks of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It does not parse as a URL at all.
    #[error("is not a valid URL ({0})")]
    Invalid(String),
    /// It has another scheme than `http` or `https`.
    #[error("has the scheme '{0}'; only http and https are supported")]
    Scheme(String),
    /// It is longer than [`MAX_LENGTH`].
    #[error("is longer than 8 KiB")]
    TooLong,
}

impl Address {
    /// Parses an absolute address; surrounding white space is ignored.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        Self::checked(Url::parse(text.trim()).map_err(|e| Fault::Invalid(e.to_string())))
    }

    /// Resolves a reference (absolute or relative) against this address.
    pub fn join(&self, reference: &str) -> Result<Self, Fault> {
        Self::checked(
            self.0
                .join(reference.trim())
                .map_err(|e| Fault::Invalid(e.to_string())),
        )
    }

    fn checked(url: Result<Url, Fault>) -> Result<Self, Fault> {
        let url = url?;
        if url.as_str().len() > MAX_LENGTH {
            return Err(Fault::TooLong);
        }
        match url.scheme() {
            "http" | "https" if has_host(&url) => Ok(Self(url)),
            "http" | "https" => Err(Fault::Invalid("it names no host".to_owned())),
            other => Err(Fault::Scheme(other.to_owned())),
        }
    }

    /// The address as text, exactly as it is requested; may hold a password.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host, lower case; IPv6 literals keep their brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The parsed URL.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The address without user name and password: the only form that is ever shown or logged.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut url = self.0.clone();
        // Both can only fail for URLs without a host, which `checked` refuses.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.into()
    }
}

/// Displays the address as shown to people: without its password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

/// Whether a host stands in it: the URL standard lets one of nothing but dots pass.
fn has_host(url: &Url) -> bool {
    url.host_str()
        .is_some_and(|host| host.bytes().any(|b| b != b'.'))
}
