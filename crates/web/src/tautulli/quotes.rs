//! What `arnold` says: a sign that the key is right. Projectionist quotes projectionists.

const QUOTES: [&str; 12] = [
    "The changeover cue is on the last frames; blink and the screen stays white.",
    "Nobody looks at the booth unless something went wrong.",
    "Thread it twice, show it once.",
    "A dark screen is the loudest noise in the house.",
    "First focus, then frame, then sound, then tea.",
    "Reel two is never where reel one ended.",
    "The lamp does not care what is on the film.",
    "Every scratch was somebody's first screening.",
    "Twenty-four pictures a second, and you watch every one of them.",
    "Keep the gate clean and the rest will follow.",
    "The show began on time. It always begins on time.",
    "Lights down.",
];

/// One of them, another each second.
pub(super) fn quote(now_s: i64) -> &'static str {
    let count = i64::try_from(QUOTES.len()).unwrap_or(1);
    usize::try_from(now_s.rem_euclid(count)).map_or(QUOTES[0], |at| QUOTES[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_for_every_moment() {
        let said: std::collections::BTreeSet<_> = (-30..30).map(quote).collect();
        assert_eq!(said.len(), QUOTES.len());
    }
}
