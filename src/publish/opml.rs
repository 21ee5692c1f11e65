//! OPML 2.0: subscriptions, for other readers.

use super::links::shown;
use super::records::url_without_password;
use super::xml::Xml;
use crate::feed::Feed;
use std::collections::BTreeMap;

/// The subscriptions as an OPML document: grouped by their first tag, which most readers show as
/// a folder, with all tags in `category`, so that nothing is lost and no feed stands twice.
#[must_use]
pub fn opml(feeds: &[Feed], title: &str) -> Vec<u8> {
    let mut folders: BTreeMap<Option<&str>, Vec<&Feed>> = BTreeMap::new();
    for feed in feeds {
        let folder = feed.subscription.tags.first().map(String::as_str);
        folders.entry(folder).or_default().push(feed);
    }
    let mut xml = Xml::new(None);
    xml.open("opml", &[("version", "2.0")]);
    xml.open("head", &[]);
    xml.text("title", title);
    xml.close();
    xml.open("body", &[]);
    for (folder, mut members) in folders {
        members.sort_by(|a, b| a.subscription.name.cmp(&b.subscription.name));
        if let Some(folder) = folder {
            xml.open("outline", &[("text", folder), ("title", folder)]);
        }
        for feed in members {
            outline(&mut xml, feed);
        }
        if folder.is_some() {
            xml.close();
        }
    }
    xml.finish()
}

fn outline(xml: &mut Xml, feed: &Feed) {
    let url = url_without_password(&feed.subscription.url);
    let tags = feed.subscription.tags.join(",");
    let site = feed.facts.site.as_ref().map(shown);
    let mut attributes = vec![
        ("type", "rss"),
        ("text", feed.outlet()),
        ("title", feed.outlet()),
        ("xmlUrl", url.as_str()),
    ];
    if let Some(site) = &site {
        attributes.push(("htmlUrl", site));
    }
    if !tags.is_empty() {
        attributes.push(("category", &tags));
    }
    if let Some(language) = &feed.facts.language {
        attributes.push(("language", language));
    }
    xml.empty("outline", &attributes);
}
