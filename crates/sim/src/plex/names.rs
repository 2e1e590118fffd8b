//! Invented titles, artists and channels: the same index always gives the same name.

/// Mixes numbers into one that looks random; the same input always gives the same output.
pub(crate) fn mix(salt: u64, index: u64) -> u64 {
    // splitmix64: one multiply-xor round is enough to pick words.
    let mut z = (salt << 32)
        .wrapping_add(index)
        .wrapping_add(0x9e37_79b9_7f4a_7c15)
        .wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number in `0..n`, for `n > 0`.
pub(crate) fn pick(salt: u64, index: u64, n: u64) -> u64 {
    mix(salt, index) % n
}

fn word(list: &'static [&'static str], salt: u64, index: u64) -> &'static str {
    let n = list.len() as u64;
    usize::try_from(pick(salt, index, n))
        .ok()
        .and_then(|i| list.get(i))
        .copied()
        .unwrap_or("")
}

const ADJECTIVES: &[&str] = &[
    "Amber",
    "Brass",
    "Borrowed",
    "Cobalt",
    "Crooked",
    "Distant",
    "Drowned",
    "Eleventh",
    "Forgotten",
    "Gilded",
    "Hollow",
    "Idle",
    "Ivory",
    "Laughing",
    "Little",
    "Lost",
    "Midnight",
    "Narrow",
    "Northern",
    "Ordinary",
    "Paper",
    "Patient",
    "Quiet",
    "Reluctant",
    "Restless",
    "Salt",
    "Second",
    "Secret",
    "Sleeping",
    "Slow",
    "Tin",
    "Unlikely",
    "Velvet",
    "Wandering",
    "Winter",
];

const NOUNS: &[&str] = &[
    "Almanac",
    "Anchor",
    "Arcade",
    "Archivist",
    "Beekeeper",
    "Bicycle",
    "Bridge",
    "Cartographer",
    "Clockmaker",
    "Comet",
    "Compass",
    "Conductor",
    "Ferry",
    "Ferryman",
    "Gardener",
    "Glacier",
    "Harbour",
    "Heron",
    "Inventor",
    "Island",
    "Kettle",
    "Ladder",
    "Lamplighter",
    "Lantern",
    "Ledger",
    "Lighthouse",
    "Locksmith",
    "Magpie",
    "Meadow",
    "Meridian",
    "Observatory",
    "Orchard",
    "Pilot",
    "Postman",
    "Quarry",
    "Raincoat",
    "River",
    "Signal",
    "Sparrow",
    "Staircase",
    "Station",
    "Surveyor",
    "Telegram",
    "Tide",
    "Translator",
    "Umbrella",
    "Understudy",
    "Viaduct",
    "Violin",
    "Watchman",
    "Weathervane",
    "Windmill",
];

const PLACES: &[&str] = &[
    "Aldermere",
    "Bramhollow",
    "Cinder Bay",
    "Corvane",
    "Dunwick Sands",
    "Elmsgate",
    "Fallow Street",
    "Grey Harbour",
    "Halvard",
    "Ibis Lane",
    "Juniper Point",
    "Kestrel Hill",
    "Larkfield",
    "Marrow Lake",
    "Nettlecombe",
    "Oxbow",
    "Pelham Quay",
    "Quillon",
    "Redwater",
    "Saltmarsh",
    "Tarn Ridge",
    "Umberley",
    "Vesper Road",
    "Westering",
];

const FIRST: &[&str] = &[
    "Ada", "Bela", "Clem", "Dorotea", "Edgar", "Flora", "Gideon", "Hester", "Ines", "Jonas", "Kit", "Lenka",
    "Milo", "Nadia", "Otis", "Petra", "Quentin", "Rosalind", "Silas", "Tamsin", "Ulrich", "Vera", "Wilfred",
    "Yara", "Zora",
];

const LAST: &[&str] = &[
    "Abernale",
    "Brandt",
    "Calloway",
    "Dray",
    "Esterhaze",
    "Finch",
    "Garrow",
    "Hollis",
    "Ivers",
    "Jardine",
    "Kestler",
    "Lund",
    "Marsh",
    "Novik",
    "Ostrander",
    "Pell",
    "Quill",
    "Rusk",
    "Sorrel",
    "Thorne",
    "Underhay",
    "Voss",
    "Wexley",
];

const SHOWS: &[&str] = &[
    "Harbour Watch",
    "The Understudies",
    "Nettlecombe Green",
    "Eleven Degrees North",
    "Night Desk",
    "Small Engines",
    "The Ferryman's Daughter",
    "Kestrel Hill",
    "Second Violin",
    "Cold Orchard",
    "The Long Corridor",
    "Salt & Sons",
    "Paper Moons of Jupiter",
    "Ordinary Monsters of Oxbow",
    "Platform Nine and a Bit",
    "The Lamplighters",
    "Weathermen",
    "A Quiet Sort of Trouble",
    "Moss",
    "Tidewater Detectives",
    "Bread, Butter, Murder",
    "The Archivist",
];

const CHANNELS: &[(&str, &str)] = &[
    ("KHLV", "4.1"),
    ("WEST", "7.1"),
    ("NRTH", "9.2"),
    ("CITY", "12.1"),
    ("HRBR", "21.1"),
    ("PUB", "33.4"),
];

const PROGRAMMES: &[(&str, &str)] = &[
    ("Evening Report", "Tuesday's headlines"),
    ("Quiz Night", "Semi-final"),
    ("Garden Hour", "Pruning in November"),
    ("The Late Ferry", "Guests from the coast"),
    ("Match of the Week", "Corvane against Halvard"),
];

/// "Ferries", "Watchmen", "Compasses", "Bridges".
fn plural(noun: &str) -> String {
    match (
        noun.strip_suffix("man"),
        noun.strip_suffix('y'),
        noun.ends_with('s'),
    ) {
        (Some(stem), _, _) => format!("{stem}men"),
        (_, Some(stem), _) => format!("{stem}ies"),
        (_, _, true) => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

/// "An Anchor", "A Bridge".
fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['A', 'E', 'I', 'O', 'U']) {
        "An"
    } else {
        "A"
    };
    format!("{article} {noun}")
}

pub(crate) fn movie(i: u64) -> String {
    let (adjective, noun) = (word(ADJECTIVES, 1, i), word(NOUNS, 2, i));
    let (place, first) = (word(PLACES, 4, i), word(FIRST, 5, i));
    match pick(7, i, 9) {
        0 | 1 => format!("The {adjective} {noun}"),
        2 => format!("{noun} of {place}"),
        3 => format!("The {noun} and the {}", word(NOUNS, 3, i + 7)),
        4 => format!("{first} {}", word(LAST, 6, i)),
        5 => format!("Last Train to {place}"),
        6 => format!("{first}'s {adjective} {noun}"),
        7 => format!("{} for {first}", with_article(noun)),
        _ => format!("{adjective} {place}"),
    }
}

pub(crate) fn show(i: u64) -> String {
    match usize::try_from(i).ok().and_then(|i| SHOWS.get(i)) {
        Some(name) => (*name).to_owned(),
        None => match pick(11, i, 3) {
            0 => format!("{} & {}", word(LAST, 12, i), word(LAST, 13, i + 3)),
            1 => format!("The {} of {}", plural(word(NOUNS, 12, i)), word(PLACES, 13, i)),
            _ => format!("{} {}", word(ADJECTIVES, 12, i), word(PLACES, 13, i)),
        },
    }
}

pub(crate) fn episode(i: u64) -> String {
    let (adjective, noun) = (word(ADJECTIVES, 21, i), word(NOUNS, 22, i));
    let (place, first) = (word(PLACES, 23, i), word(FIRST, 24, i));
    match pick(25, i, 7) {
        0 => format!("The {noun}"),
        1 => format!("{adjective} {noun}"),
        2 => format!("{first} Goes to {place}"),
        3 => format!("What the {noun} Saw"),
        4 => place.to_owned(),
        5 => format!("{first} and the {noun}"),
        _ => format!("{} Business", with_article(adjective)),
    }
}

pub(crate) fn artist(i: u64) -> String {
    match pick(31, i, 4) {
        0 => format!("{} {}", word(FIRST, 32, i), word(LAST, 33, i)),
        1 => format!("The {} {}", word(ADJECTIVES, 32, i), plural(word(NOUNS, 33, i))),
        2 => format!("{} Quartet", word(LAST, 32, i)),
        _ => format!("{} {}", word(ADJECTIVES, 32, i), word(NOUNS, 33, i)),
    }
}

pub(crate) fn album(i: u64) -> String {
    match pick(41, i, 4) {
        0 => format!("{} Sessions", word(PLACES, 42, i)),
        1 => format!("{} {}", word(ADJECTIVES, 42, i), word(NOUNS, 43, i)),
        2 => format!(
            "Songs for {}",
            with_article(word(NOUNS, 42, i)).replacen('A', "a", 1)
        ),
        _ => word(NOUNS, 42, i).to_owned(),
    }
}

pub(crate) fn track(i: u64) -> String {
    match pick(51, i, 5) {
        0 => format!("{} in {}", word(NOUNS, 52, i), word(PLACES, 53, i)),
        1 => format!("Waltz for {}", word(FIRST, 52, i)),
        2 => format!("{} {}", word(ADJECTIVES, 52, i), word(NOUNS, 53, i)),
        3 => format!("{}'s {}", word(FIRST, 52, i), word(NOUNS, 53, i)),
        _ => word(PLACES, 52, i).to_owned(),
    }
}

pub(crate) fn photo_album(i: u64) -> String {
    format!("{} {}", word(PLACES, 61, i), 2009 + pick(62, i, 16))
}

pub(crate) fn home_video(i: u64) -> String {
    format!(
        "{} at {}, {}",
        word(FIRST, 71, i),
        word(PLACES, 72, i),
        2012 + pick(73, i, 13)
    )
}

pub(crate) fn collection(i: u64) -> String {
    format!("{} Evenings", word(ADJECTIVES, 81, i))
}

/// Call sign and number.
pub(crate) fn channel(i: u64) -> (&'static str, &'static str) {
    let n = CHANNELS.len() as u64;
    usize::try_from(i % n)
        .ok()
        .and_then(|i| CHANNELS.get(i))
        .copied()
        .unwrap_or(("KHLV", "4.1"))
}

/// Show and title of something broadcast.
pub(crate) fn programme(i: u64) -> (&'static str, &'static str) {
    let n = PROGRAMMES.len() as u64;
    usize::try_from(i % n)
        .ok()
        .and_then(|i| PROGRAMMES.get(i))
        .copied()
        .unwrap_or(("Evening Report", "Headlines"))
}

/// `n` hexadecimal digits.
pub(crate) fn hex(salt: u64, index: u64, n: usize) -> String {
    let digit = |at: usize| {
        let word = mix(salt.wrapping_add(at as u64 / 16), index);
        // Masked to one digit.
        char::from_digit(u32::try_from(word >> (at % 16 * 4) & 0xf).unwrap_or(0), 16).unwrap_or('0')
    };
    (0..n).map(digit).collect()
}

/// `n` lower-case letters and digits, as the wire's random identifiers look.
pub(crate) fn token(salt: u64, index: u64, n: usize) -> String {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut state = mix(salt, index);
    (0..n)
        .map(|i| {
            state = mix(state, i as u64);
            char::from(ALPHABET[usize::try_from(state % 36).unwrap_or(0)])
        })
        .collect()
}

/// A version-4-shaped UUID.
pub(crate) fn uuid(salt: u64, index: u64) -> String {
    let h = hex(salt, index, 32);
    format!(
        "{}-{}-4{}-a{}-{}",
        &h[..8],
        &h[8..12],
        &h[13..16],
        &h[17..20],
        &h[20..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_and_articles() {
        let all = NOUNS.iter().map(|n| plural(n)).collect::<Vec<_>>();
        for wrong in ["mans", "ys", "sss", "ss"] {
            assert!(!all.iter().any(|n| n.ends_with(wrong)), "{wrong}: {all:?}");
        }
        assert_eq!(plural("Compass"), "Compasses");
        assert_eq!(
            (with_article("Anchor"), with_article("Bridge")),
            ("An Anchor".into(), "A Bridge".into())
        );
    }

    #[test]
    fn identifiers_have_their_length_and_alphabet() {
        assert_eq!(hex(1, 2, 40).len(), 40);
        assert!(hex(1, 2, 40).bytes().all(|b| b.is_ascii_hexdigit()));
        assert_ne!(hex(1, 2, 40)[..16], hex(1, 2, 40)[16..32]);
        assert!(
            token(1, 2, 24)
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        );
        assert_ne!(token(1, 2, 24), token(1, 3, 24));
        assert_eq!(uuid(1, 2).len(), 36);
    }
}
