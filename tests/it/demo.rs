//! The bundled day of news.
