//! The outlets' markup, one function a dialect, written by hand as publishing systems do.

use super::outlets::Outlet;
use super::render::Listed;
use crate::feed::Timestamp;
use crate::http::origin::http_date;
use chrono::SecondsFormat;
use serde_json::json;
use std::fmt::Write;

/// RSS 0.91, with the dates that its users added.
#[must_use]
pub(super) fn rss_091(outlet: &Outlet, listed: &[Listed<'_>]) -> String {
    let mut out = declaration(outlet);
    out.push_str("<rss version=\"0.91\">\n<channel>\n");
    channel(&mut out, outlet);
    element(&mut out, outlet, "language", outlet.language);
    for entry in listed {
        out.push_str("<item>\n");
        element(&mut out, outlet, "title", &entry.version.headline);
        element(&mut out, outlet, "link", &entry.report.link);
        element(&mut out, outlet, "description", &entry.version.summary);
        element(&mut out, outlet, "pubDate", &http_date(entry.published));
        out.push_str("</item>\n");
    }
    out.push_str("</channel>\n</rss>\n");
    out
}

/// RSS 1.0 (RDF Site Summary).
#[must_use]
pub(super) fn rss_1(outlet: &Outlet, listed: &[Listed<'_>]) -> String {
    let mut out = declaration(outlet);
    out.push_str(concat!(
        "<rdf:RDF xmlns=\"http://purl.org/rss/1.0/\"",
        " xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"",
        " xmlns:dc=\"http://purl.org/dc/elements/1.1/\"",
        " xmlns:content=\"http://purl.org/rss/1.0/modules/content/\">\n",
    ));
    line(
        &mut out,
        format_args!("<channel rdf:about=\"{}\">", outlet.site()),
    );
    channel(&mut out, outlet);
    element(&mut out, outlet, "dc:language", outlet.language);
    out.push_str("<items><rdf:Seq>\n");
    for entry in listed {
        let link = escape(outlet, &entry.report.link);
        line(&mut out, format_args!("<rdf:li rdf:resource=\"{link}\"/>"));
    }
    out.push_str("</rdf:Seq></items>\n</channel>\n");
    for entry in listed {
        let link = escape(outlet, &entry.report.link);
        line(&mut out, format_args!("<item rdf:about=\"{link}\">"));
        element(&mut out, outlet, "title", &entry.version.headline);
        element(&mut out, outlet, "link", &entry.report.link);
        element(&mut out, outlet, "description", &entry.version.summary);
        if let Some(author) = &entry.report.author {
            element(&mut out, outlet, "dc:creator", author);
        }
        element(&mut out, outlet, "dc:date", &rfc_3339(entry.published));
        for category in &entry.report.categories {
            element(&mut out, outlet, "dc:subject", category);
        }
        encoded(&mut out, outlet, entry);
        out.push_str("</item>\n");
    }
    out.push_str("</rdf:RDF>\n");
    out
}

/// RSS 2.0 with `content:encoded` and `dc:creator`.
#[must_use]
pub(super) fn rss_2(outlet: &Outlet, listed: &[Listed<'_>], changed: Timestamp) -> String {
    let mut out = declaration(outlet);
    out.push_str(concat!(
        "<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"",
        " xmlns:content=\"http://purl.org/rss/1.0/modules/content/\">\n<channel>\n",
    ));
    channel(&mut out, outlet);
    element(&mut out, outlet, "language", outlet.language);
    element(&mut out, outlet, "lastBuildDate", &http_date(changed));
    for entry in listed {
        out.push_str("<item>\n");
        element(&mut out, outlet, "title", &entry.version.headline);
        element(&mut out, outlet, "link", &entry.report.link);
        // A description is HTML, so its text is escaped once more than a title's.
        let summary = if outlet.sloppy {
            entry.version.summary.clone()
        } else {
            escape(outlet, &entry.version.summary)
        };
        element(&mut out, outlet, "description", &summary);
        if let Some(author) = &entry.report.author {
            element(&mut out, outlet, "dc:creator", author);
        }
        element(&mut out, outlet, "pubDate", &http_date(entry.published));
        for category in &entry.report.categories {
            element(&mut out, outlet, "category", category);
        }
        if outlet.guids {
            let guid = escape(outlet, &entry.version.guid);
            line(
                &mut out,
                format_args!("<guid isPermaLink=\"false\">{guid}</guid>"),
            );
        }
        encoded(&mut out, outlet, entry);
        out.push_str("</item>\n");
    }
    out.push_str("</channel>\n</rss>\n");
    out
}

/// Atom 0.3.
#[must_use]
pub(super) fn atom_03(outlet: &Outlet, listed: &[Listed<'_>], changed: Timestamp) -> String {
    let mut out = declaration(outlet);
    line(
        &mut out,
        format_args!(
            "<feed version=\"0.3\" xmlns=\"http://purl.org/atom/ns#\" xml:lang=\"{}\">",
            outlet.language
        ),
    );
    element(&mut out, outlet, "title", outlet.title);
    alternate(&mut out, outlet, &outlet.site());
    element(&mut out, outlet, "tagline", outlet.about);
    element(&mut out, outlet, "modified", &rfc_3339(changed));
    for entry in listed {
        out.push_str("<entry>\n");
        element(&mut out, outlet, "title", &entry.version.headline);
        alternate(&mut out, outlet, &entry.report.link);
        element(&mut out, outlet, "id", &entry.version.guid);
        element(&mut out, outlet, "issued", &rfc_3339(entry.published));
        element(&mut out, outlet, "created", &rfc_3339(entry.published));
        element(&mut out, outlet, "modified", &rfc_3339(entry.updated));
        author(&mut out, outlet, entry);
        element(&mut out, outlet, "summary", &entry.version.summary);
        if let Some(body) = body(outlet, entry) {
            let body = escape(outlet, &body);
            line(
                &mut out,
                format_args!("<content type=\"text/html\" mode=\"escaped\">{body}</content>"),
            );
        }
        out.push_str("</entry>\n");
    }
    out.push_str("</feed>\n");
    out
}

/// Atom 1.0 (RFC 4287).
#[must_use]
pub(super) fn atom_1(outlet: &Outlet, listed: &[Listed<'_>], changed: Timestamp) -> String {
    let mut out = declaration(outlet);
    line(
        &mut out,
        format_args!(
            "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">",
            outlet.language
        ),
    );
    element(&mut out, outlet, "title", outlet.title);
    element(&mut out, outlet, "subtitle", outlet.about);
    alternate(&mut out, outlet, &outlet.site());
    element(
        &mut out,
        outlet,
        "id",
        &format!("tag:{},2026:feed", outlet.host),
    );
    element(&mut out, outlet, "updated", &rfc_3339(changed));
    element(&mut out, outlet, "generator", "Inkwell 4.2");
    for entry in listed {
        out.push_str("<entry>\n");
        element(&mut out, outlet, "title", &entry.version.headline);
        alternate(&mut out, outlet, &entry.report.link);
        element(&mut out, outlet, "id", &entry.version.guid);
        element(&mut out, outlet, "published", &rfc_3339(entry.published));
        element(&mut out, outlet, "updated", &rfc_3339(entry.updated));
        author(&mut out, outlet, entry);
        for category in &entry.report.categories {
            let category = escape(outlet, category);
            line(&mut out, format_args!("<category term=\"{category}\"/>"));
        }
        element(&mut out, outlet, "summary", &entry.version.summary);
        if let Some(body) = body(outlet, entry) {
            let body = escape(outlet, &body);
            line(
                &mut out,
                format_args!("<content type=\"html\">{body}</content>"),
            );
        }
        out.push_str("</entry>\n");
    }
    out.push_str("</feed>\n");
    out
}

/// JSON Feed 1.1.
#[must_use]
pub(super) fn json(outlet: &Outlet, listed: &[Listed<'_>]) -> String {
    let items: Vec<_> = listed
        .iter()
        .map(|entry| {
            let mut item = json!({
                "id": entry.version.guid,
                "url": entry.report.link,
                "title": entry.version.headline,
                "summary": entry.version.summary,
                "content_html": body(outlet, entry)
                    .unwrap_or_else(|| format!("<p>{}</p>", escape(outlet, &entry.version.summary))),
                "date_published": rfc_3339(entry.published),
                "date_modified": rfc_3339(entry.updated),
                "tags": entry.report.categories,
            });
            if let Some(author) = &entry.report.author {
                item["authors"] = json!([{ "name": author }]);
            }
            item
        })
        .collect();
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.title,
        "home_page_url": outlet.site(),
        "description": outlet.about,
        "language": outlet.language,
        "items": items,
    });
    format!("{feed:#}\n")
}

fn declaration(outlet: &Outlet) -> String {
    let charset = outlet.charset.name();
    format!("<?xml version=\"1.0\" encoding=\"{charset}\"?>\n")
}

/// What every RSS says of its channel.
fn channel(out: &mut String, outlet: &Outlet) {
    element(out, outlet, "title", outlet.title);
    element(out, outlet, "link", &outlet.site());
    element(out, outlet, "description", outlet.about);
}

fn alternate(out: &mut String, outlet: &Outlet, link: &str) {
    let link = escape(outlet, link);
    line(
        out,
        format_args!("<link rel=\"alternate\" type=\"text/html\" href=\"{link}\"/>"),
    );
}

fn author(out: &mut String, outlet: &Outlet, entry: &Listed<'_>) {
    let name = entry.report.author.as_deref().unwrap_or(outlet.title);
    let name = escape(outlet, name);
    line(out, format_args!("<author><name>{name}</name></author>"));
}

/// `content:encoded`, where there is a full text.
fn encoded(out: &mut String, outlet: &Outlet, entry: &Listed<'_>) {
    if let Some(body) = body(outlet, entry) {
        line(
            out,
            format_args!("<content:encoded><![CDATA[{body}]]></content:encoded>"),
        );
    }
}

/// The full text as HTML with the outlet's footer; `None` where there is only a summary.
fn body(outlet: &Outlet, entry: &Listed<'_>) -> Option<String> {
    let paragraphs = &entry.version.body;
    if paragraphs.is_empty() {
        return None;
    }
    let mut out = String::new();
    for paragraph in paragraphs {
        if paragraph.starts_with('<') && !paragraph.starts_with("<a ") {
            line(&mut out, format_args!("{paragraph}"));
        } else {
            line(&mut out, format_args!("<p>{paragraph}</p>"));
        }
    }
    if let Some(footer) = outlet.footer {
        line(&mut out, format_args!("{footer}"));
    }
    Some(out)
}

fn element(out: &mut String, outlet: &Outlet, name: &str, text: &str) {
    let text = escape(outlet, text);
    line(out, format_args!("<{name}>{text}</{name}>"));
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}

/// Text as XML, or as a careless template would have it.
fn escape(outlet: &Outlet, text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' if !outlet.sloppy => out.push_str("&amp;"),
            '"' if !outlet.sloppy => out.push_str("&quot;"),
            '’' if outlet.sloppy => out.push_str("&rsquo;"),
            '“' if outlet.sloppy => out.push_str("&ldquo;"),
            '”' if outlet.sloppy => out.push_str("&rdquo;"),
            '–' if outlet.sloppy => out.push_str("&ndash;"),
            '—' if outlet.sloppy => out.push_str("&mdash;"),
            'é' if outlet.sloppy => out.push_str("&eacute;"),
            other => out.push(other),
        }
    }
    out
}

fn rfc_3339(moment: Timestamp) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}
