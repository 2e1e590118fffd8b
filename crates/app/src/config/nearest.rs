//! "Did you mean …?"

/// Letters from which one word being the other's beginning counts as near.
const COMMON_BEGINNING: usize = 4;

/// The candidate a typing error away from `word`: at most a third of its letters differ, or one continues the other.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = normal(word);
    let allowed = (word.chars().count() / 3).max(1);
    let continues = |a: &str, b: &str| b.len() >= COMMON_BEGINNING && a.starts_with(b);
    candidates
        .into_iter()
        .map(|c| (normal(c), c))
        .map(|(n, c)| {
            (
                distance(&word, &n),
                continues(&word, &n) || continues(&n, &word),
                c,
            )
        })
        .filter(|(d, continued, _)| *d <= allowed || *continued)
        .min_by_key(|(d, _, _)| *d)
        .map(|(_, _, c)| c)
}

/// `Data-Dir`, `dataDir` and `data_dir` are the same intention.
fn normal(word: &str) -> String {
    word.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// Edits (insert, delete, replace, swap neighbours) that turn one word into the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before_last = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replace = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_find_their_word_and_nonsense_finds_none() {
        let words = ["url", "token", "token_file", "poll_interval_s", "tls_skip_verify"];
        let cases = [
            ("tokn", Some("token")),
            ("tkoen", Some("token")),
            ("tokenfile", Some("token_file")),
            ("TokenFile", Some("token_file")),
            ("poll_interval", Some("poll_interval_s")),
            ("uri", Some("url")),
            ("tls_skip_verify_certificate", Some("tls_skip_verify")),
            ("poll", Some("poll_interval_s")),
            ("colour", None),
            ("", None),
        ];
        for (word, expected) in cases {
            assert_eq!(nearest(word, words), expected, "{word}");
        }
    }

    #[test]
    fn distance_counts_edits() {
        for (a, b, d) in [
            ("", "abc", 3),
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!((distance(a, b), distance(b, a)), (d, d), "{a} {b}");
        }
    }
}
