//! Following redirects by hand, hop by hop: reqwest's own following hides what each hop said.

use crate::address::Address;
use crate::feed::{Fault, FaultKind};
use crate::text::cut_at_character;

/// Most redirects that one poll follows.
pub const MAX_HOPS: usize = 10;

/// Longest account of a bad target, in bytes: a scheme can be as long as its sender likes.
const MAX_PROBLEM: usize = 120;

/// Where a poll stands, and how it got there.
#[derive(Debug)]
pub(super) struct Trail {
    home: Address,
    /// Without user name and password, like `moved_to` and `seen`: those that a server puts into a
    /// redirect are not the user's.
    here: Address,
    seen: Vec<String>,
    leading: bool,
    moved_to: Option<Address>,
}

impl Trail {
    /// A trail that begins at an address, for a feed whose credentials belong to `home`.
    pub(super) fn start(at: &Address, home: &Address) -> Self {
        let here = with_credentials(at, "", None);
        Self {
            seen: vec![here.as_str().to_owned()],
            here,
            home: home.clone(),
            leading: true,
            moved_to: None,
        }
    }

    /// The address to ask now, without user name and password.
    pub(super) fn here(&self) -> &Address {
        &self.here
    }

    /// Whether any redirect was followed.
    pub(super) fn is_redirected(&self) -> bool {
        self.seen.len() > 1
    }

    /// Whether `here` has the feed's own origin, so that the user's credentials may be sent.
    pub(super) fn at_home(&self) -> bool {
        same_origin(&self.home, &self.here)
    }

    /// Where the feed lives from now on: the end of the permanent hops (301, 308) that lead the
    /// chain. A temporary hop ends them, and so does one from `https` to `http`, which nobody
    /// should be talked into for good. Within the feed's origin it keeps the feed's user name and
    /// password.
    pub(super) fn moved_to(&self) -> Option<Address> {
        let to = self.moved_to.as_ref()?;
        let url = self.home.url();
        Some(if same_origin(&self.home, to) {
            with_credentials(to, url.username(), url.password())
        } else {
            to.clone()
        })
    }

    /// Whether [`Trail::moved_to`] leaves the feed's origin.
    pub(super) fn moves_away(&self) -> bool {
        self.moved_to
            .as_ref()
            .is_some_and(|to| !same_origin(&self.home, to))
    }

    /// Follows a reply with one of the redirect statuses and this `Location`.
    pub(super) fn follow(&mut self, status: u16, location: Option<&[u8]>) -> Result<(), Fault> {
        let host = super::faults::place(&self.here);
        let fault = |sentence: String| Fault::with_status(FaultKind::Redirects, status, sentence);
        let location = location.map(as_text).unwrap_or_default();
        // A fragment is no part of what is requested.
        let reference = location.split('#').next().unwrap_or_default().trim();
        if location.trim().is_empty() {
            return Err(fault(format!(
                "{host} answered with a redirect (status {status}) but did not say where to; the \
                 publisher has to repair it"
            )));
        }
        let target = self.here.join(reference).map_err(|problem| {
            let problem = problem.to_string();
            let problem = cut_at_character(&problem, MAX_PROBLEM);
            fault(format!(
                "{host} redirects to an address that {problem}; look up the feed's new address"
            ))
        })?;
        let target = with_credentials(&target, "", None);
        if self.seen.iter().any(|seen| seen == target.as_str()) {
            return Err(fault(format!(
                "{host} redirects in a circle, as sites do that insist on cookies; look up the \
                 feed's new address"
            )));
        }
        if self.seen.len() > MAX_HOPS {
            return Err(fault(format!(
                "the feed's address leads through more than {MAX_HOPS} redirects, the last at \
                 {host}; look up the feed's new address"
            )));
        }
        let downgrade = self.here.url().scheme() == "https" && target.url().scheme() == "http";
        self.leading &= matches!(status, 301 | 308) && !downgrade;
        if self.leading {
            self.moved_to = Some(target.clone());
        }
        self.seen.push(target.as_str().to_owned());
        self.here = target;
        Ok(())
    }
}

/// The address with another user name and password.
fn with_credentials(address: &Address, user: &str, password: Option<&str>) -> Address {
    let mut url = address.url().clone();
    // Neither can fail: an `Address` always has a host.
    let _ = url.set_username(user);
    let _ = url.set_password(password);
    Address::parse(url.as_str()).unwrap_or_else(|_| address.clone())
}

/// Same scheme, host and port (RFC 6454): what credentials may be sent to.
fn same_origin(a: &Address, b: &Address) -> bool {
    a.url().origin() == b.url().origin()
}

/// Whether a status is a redirect that can be followed with GET (RFC 9110 section 15.4).
pub(super) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Header bytes as text: UTF-8 if they are, else Latin-1.
fn as_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(at: &str) -> Trail {
        let at = Address::parse(at).unwrap();
        Trail::start(&at, &at)
    }

    fn trail(start: &str, hops: &[(u16, &str)]) -> Result<Trail, Fault> {
        let mut trail = begin(start);
        for (status, location) in hops {
            trail.follow(*status, Some(location.as_bytes()))?;
        }
        Ok(trail)
    }

    fn moved(start: &str, hops: &[(u16, &str)]) -> Option<String> {
        let trail = trail(start, hops).unwrap();
        trail.moved_to().map(|to| to.as_str().to_owned())
    }

    #[test]
    fn rule_12_only_leading_permanent_hops_move_a_feed() {
        let at = "http://a.example/1";
        assert_eq!(moved(at, &[(301, "/2")]).unwrap(), "http://a.example/2");
        assert_eq!(
            moved(at, &[(308, "/2"), (301, "3")]).unwrap(),
            "http://a.example/3"
        );
        assert_eq!(
            moved(at, &[(301, "/2"), (302, "/3"), (301, "/4")]).unwrap(),
            "http://a.example/2"
        );
        for status in [302, 303, 307] {
            assert_eq!(moved(at, &[(status, "/2"), (301, "/3")]), None);
        }
    }

    #[test]
    fn rule_13_a_step_down_from_https_is_never_permanent() {
        let at = "https://a.example/1";
        assert_eq!(moved(at, &[(301, "http://a.example/1")]), None);
        assert_eq!(
            moved(at, &[(301, "/2"), (301, "http://a.example/2"), (301, "/3")]).unwrap(),
            "https://a.example/2"
        );
        assert_eq!(
            moved("http://a.example/1", &[(301, "https://a.example/1")]).unwrap(),
            at
        );
    }

    #[test]
    fn rule_14_hops_are_bounded_loops_end_and_locations_resolve() {
        let hops: Vec<(u16, String)> = (0..=MAX_HOPS).map(|n| (302, format!("/{n}"))).collect();
        let hops: Vec<(u16, &str)> = hops.iter().map(|(s, l)| (*s, l.as_str())).collect();
        assert!(trail("http://a.example/", &hops[..MAX_HOPS]).is_ok());
        let fault = trail("http://a.example/", &hops).unwrap_err();
        assert!(fault.sentence.contains("more than 10"), "{fault}");
        let circle = trail("http://a.example/", &[(301, "/b"), (301, "/")]).unwrap_err();
        assert!(circle.sentence.contains("circle"), "{circle}");
        for (location, target) in [
            ("feed?x=1", "http://a.example/dir/feed?x=1"),
            ("?x=1", "http://a.example/dir/old?x=1"),
            ("//b.example/f", "http://b.example/f"),
            ("../f#top", "http://a.example/f"),
            (" /with space ", "http://a.example/with%20space"),
        ] {
            let trail = trail("http://a.example/dir/old", &[(302, location)]).unwrap();
            assert_eq!(trail.here().as_str(), target);
        }
    }

    #[test]
    fn rule_14_no_location_or_another_scheme_is_an_error() {
        for location in [None, Some(&b""[..]), Some(b"  ")] {
            let mut trail = begin("http://a.example/");
            let fault = trail.follow(302, location).unwrap_err();
            assert_eq!(
                (fault.kind, fault.status),
                (FaultKind::Redirects, Some(302))
            );
        }
        for location in [
            "file:///etc/passwd",
            "ftp://a.example/",
            "javascript:alert(1)",
            "http://",
        ] {
            let fault = trail("http://a.example/", &[(301, location)]).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Redirects, "{location}");
        }
    }

    #[test]
    fn rule_15_credentials_stay_with_their_origin() {
        let at = "http://ann:secret@a.example/1";
        assert_eq!(
            moved(at, &[(301, "/2")]).unwrap(),
            "http://ann:secret@a.example/2"
        );
        for other in [
            "http://b.example/",
            "http://a.example:81/",
            "https://a.example/",
            "http://eve:x@b.example/",
        ] {
            let trail = trail(at, &[(301, other)]).unwrap();
            assert!(!trail.at_home() && trail.moves_away(), "{other}");
            assert_eq!(trail.here().url().username(), "", "{other}");
            assert_eq!(trail.moved_to().unwrap().url().password(), None, "{other}");
        }
        let back = trail(
            at,
            &[(302, "http://b.example/"), (302, "http://a.example/2")],
        )
        .unwrap();
        assert!(back.at_home());
        let planted = trail(at, &[(301, "http://eve:x@a.example/2")]).unwrap();
        assert_eq!(planted.moved_to().unwrap().url().username(), "ann");
    }

    #[test]
    fn locations_of_odd_bytes_are_read() {
        let mut trail = begin("http://a.example/");
        trail.follow(302, Some(b"/caf\xe9")).unwrap();
        assert_eq!(trail.here().as_str(), "http://a.example/caf%C3%A9");
        trail.follow(302, Some("/über".as_bytes())).unwrap();
        assert_eq!(trail.here().as_str(), "http://a.example/%C3%BCber");
    }
}
