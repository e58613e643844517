//! Durations as configuration files write them.

/// Seconds of `90d`, `1h30m`, `2160h0m0s`, `P90D`, `PT1H`, or a bare number of seconds.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        return (seconds > 0).then_some(seconds);
    }
    let (body, mut in_time) = match text.strip_prefix(['P', 'p']) {
        Some(rest) => (rest, false),
        None => (text, true),
    };
    let iso = !in_time;
    let mut total: i64 = 0;
    let mut number = String::new();
    let mut parts = 0;
    for c in body.chars() {
        match c {
            '0'..='9' | '.' => number.push(c),
            'T' | 't' if iso && number.is_empty() => in_time = true,
            _ => {
                let unit = match c.to_ascii_lowercase() {
                    'y' => 365 * 86_400,
                    'w' => 7 * 86_400,
                    'd' => 86_400,
                    'h' => 3_600,
                    // Months stand in front of the T of an ISO duration, minutes behind it.
                    'm' if !in_time => 30 * 86_400,
                    'm' => 60,
                    's' => 1,
                    _ => return None,
                };
                let count: f64 = number.parse().ok()?;
                total = total.checked_add((count * f64::from(unit)) as i64)?;
                number.clear();
                parts += 1;
            }
        }
    }
    (parts > 0 && number.is_empty() && total > 0).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn every_spelling_of_a_duration() {
        for (text, expected) in [
            ("3600", Some(3_600)),
            ("90d", Some(7_776_000)),
            ("1h30m", Some(5_400)),
            ("2160h0m0s", Some(7_776_000)),
            ("P90D", Some(7_776_000)),
            ("PT1H", Some(3_600)),
            ("P1M", Some(2_592_000)),
            ("PT1M", Some(60)),
            ("0", None),
            ("", None),
            ("12", Some(12)),
            ("never", None),
            ("${var.ttl}", None),
            ("1h30", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
