//! Which icon of Tautulli's stands for a platform (`platform_name`).

/// Parts of names of platforms, in lower case, and the icon of whatever contains one. The first that fits wins.
const ICONS: [(&str, &str); 37] = [
    ("android", "android"),
    ("apple tv", "atv"),
    ("chromecast", "chromecast"),
    ("chrome", "chrome"),
    ("dlna", "dlna"),
    ("firefox", "firefox"),
    ("internet explorer", "ie"),
    ("ios", "ios"),
    ("ipad", "ios"),
    ("iphone", "ios"),
    ("kodi", "kodi"),
    ("linux", "linux"),
    ("nexus", "android"),
    ("macos", "macos"),
    ("microsoft edge", "msedge"),
    ("netcast", "lg"),
    ("opera", "opera"),
    ("osx", "macos"),
    ("playstation", "playstation"),
    ("plex home theater", "plex"),
    ("plex media player", "plex"),
    ("plexamp", "plexamp"),
    ("plextogether", "synclounge"),
    ("roku", "roku"),
    ("safari", "safari"),
    ("samsung", "samsung"),
    ("synclounge", "synclounge"),
    ("tivo", "tivo"),
    ("tizen", "samsung"),
    ("tvos", "atv"),
    ("vizio", "vizio"),
    ("webos", "lg"),
    ("wiiu", "wiiu"),
    ("windows", "windows"),
    ("xbmc", "xbmc"),
    ("xbox", "xbox"),
    ("lg", "lg"),
];

/// By the name to show, so that a renamed platform has the icon of its new name.
pub(super) fn icon(platform: &str) -> &'static str {
    let name = history::rules::platform_name(platform).to_ascii_lowercase();
    let found = ICONS.iter().find(|(part, _)| name.contains(part));
    found.map_or("default", |(_, icon)| icon)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_have_icons() {
        for (platform, expected) in [
            ("Android", "android"),
            ("Chrome", "chrome"),
            ("Chromecast", "chromecast"),
            ("tvOS", "atv"),
            ("webOS", "lg"),
            ("Tizen", "samsung"),
            ("macos", "macos"),
            ("Mystery 4", "playstation"),
            ("Konvergo", "plex"),
            ("", "default"),
            ("Toaster", "default"),
        ] {
            assert_eq!(icon(platform), expected, "{platform}");
        }
    }
}
