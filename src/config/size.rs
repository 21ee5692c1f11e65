//! Sizes as people write them: `512KiB`, `10MiB`, `1GiB`.

/// Units by their names in lower case, in bytes; the binary ones are shown.
const UNITS: [(&str, u64); 11] = [
    ("b", 1),
    ("k", 1 << 10),
    ("kib", 1 << 10),
    ("kb", 1000),
    ("m", 1 << 20),
    ("mib", 1 << 20),
    ("mb", 1_000_000),
    ("g", 1 << 30),
    ("gib", 1 << 30),
    ("gb", 1_000_000_000),
    ("", 1),
];

/// Reads a whole number with an optional unit.
pub(super) fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim().to_ascii_lowercase();
    let (_, length) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*length)
}

/// A size in the largest unit that divides it.
pub(super) fn show(bytes: u64) -> String {
    for (unit, length) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
        if bytes > 0 && bytes.is_multiple_of(length) {
            return format!("{}{unit}", bytes / length);
        }
    }
    format!("{bytes}B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_shown() {
        for (text, bytes) in [
            ("10MiB", 10 << 20),
            ("512 kib", 512 << 10),
            ("1GiB", 1 << 30),
            ("2MB", 2_000_000),
            ("4096", 4096),
            ("7B", 7),
        ] {
            assert_eq!(parse(text), Some(bytes), "{text}");
            assert_eq!(parse(&show(bytes)), Some(bytes));
        }
        for text in ["", "MiB", "-1", "1.5MiB", "10TiB", "99999999999GiB"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(show(20 << 20), "20MiB");
    }
}
