//! Lists that stay whole while entries arrive.
