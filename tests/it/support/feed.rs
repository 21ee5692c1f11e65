//! Feeds in short notation.

use feedfold::feed::Timestamp;

/// An entry of a feed that a test writes.
#[derive(Debug, Clone)]
pub struct Post {
    pub guid: String,
    pub link: String,
    pub title: String,
    pub text: String,
    pub published: Timestamp,
}

/// A post whose guid and link are made from `slug`.
pub fn post(site: &str, slug: &str, title: &str, text: &str, published: Timestamp) -> Post {
    Post {
        guid: format!("{site}-{slug}"),
        link: format!("https://{site}/{slug}"),
        title: title.to_owned(),
        text: text.to_owned(),
        published,
    }
}

/// An RSS 2.0 document of these posts.
pub fn rss(title: &str, site: &str, posts: &[Post]) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\"><channel>\
         <title>{title}</title><link>https://{site}/</link><description>{title}</description>\n"
    );
    for post in posts {
        xml.push_str(&format!(
            "<item><title>{}</title><link>{}</link><guid isPermaLink=\"false\">{}</guid>\
             <pubDate>{}</pubDate><description>{}</description></item>\n",
            escaped(&post.title),
            escaped(&post.link),
            escaped(&post.guid),
            post.published.to_rfc2822(),
            escaped(&post.text),
        ));
    }
    xml.push_str("</channel></rss>\n");
    xml
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
