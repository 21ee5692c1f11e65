//! The addresses under which feed readers find what a page shows.

/// A merged feed of what a page shows.
pub(super) struct Subscribe {
    /// The format's name.
    pub(super) name: &'static str,
    pub(super) media_type: &'static str,
    /// What a reader that finds it calls it.
    pub(super) title: String,
    pub(super) url: String,
}

/// The feeds of a view, narrowed by `query` as the page is.
pub(super) fn subscribe(view: &str, heading: &str, query: &str) -> Vec<Subscribe> {
    let query = match query {
        "" => String::new(),
        query => format!("?{query}"),
    };
    let path = match view {
        "all" => "/feed".to_owned(),
        name => format!("/views/{name}"),
    };
    [
        ("Atom", "atom", "application/atom+xml"),
        ("RSS", "rss", "application/rss+xml"),
        ("JSON Feed", "json", "application/feed+json"),
    ]
    .into_iter()
    .map(|(name, extension, media_type)| Subscribe {
        name,
        media_type,
        title: format!("{heading} ({name})"),
        url: format!("{path}.{extension}{query}"),
    })
    .collect()
}
