//! Pictures of items, made on the spot: a gradient of two colours with soft discs and a band of stripes, all of them
//! drawn from the item's title, so that one item always looks the same and no two look alike.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::plex::names;

/// Longest side; a larger one is made as large as this.
pub(crate) const SIDE_MAX: u32 = 1920;

/// Discs of a picture.
const DISCS: u64 = 4;

/// A PNG of this size, in pixels.
pub(crate) fn png(title: &str, width: u32, height: u32) -> Vec<u8> {
    let (width, height) = (width.clamp(1, SIDE_MAX), height.clamp(1, SIDE_MAX));
    let scene = Scene::of(title, width, height);
    let mut rows = ZlibEncoder::new(Vec::new(), Compression::fast());
    let mut row = Vec::with_capacity(1 + 3 * width as usize);
    for y in 0..height {
        row.clear();
        // Each pixel as its difference to the one before: a gradient becomes runs of the same few bytes.
        row.push(1);
        let mut last = [0_u8; 3];
        for x in 0..width {
            let pixel = scene.pixel(x, y);
            for (now, before) in pixel.iter().zip(last) {
                row.push(now.wrapping_sub(before));
            }
            last = pixel;
        }
        rows.write_all(&row).expect("writing to memory does not fail");
    }
    let data = rows.finish().expect("writing to memory does not fail");
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = Vec::with_capacity(13);
    head.extend(width.to_be_bytes());
    head.extend(height.to_be_bytes());
    // Eight bits a colour, red green blue, and the only methods there are.
    head.extend([8, 2, 0, 0, 0]);
    chunk(&mut out, *b"IHDR", &head);
    chunk(&mut out, *b"IDAT", &data);
    chunk(&mut out, *b"IEND", &[]);
    out
}

fn chunk(out: &mut Vec<u8>, name: [u8; 4], body: &[u8]) {
    let length = u32::try_from(body.len()).expect("a picture of bounded sides fits");
    let mut crc = flate2::Crc::new();
    crc.update(&name);
    crc.update(body);
    out.extend(length.to_be_bytes());
    out.extend(name);
    out.extend(body);
    out.extend(crc.sum().to_be_bytes());
}

/// Where things are, as parts of the width.
#[derive(Debug)]
struct Scene {
    width: f32,
    tall: f32,
    top: [f32; 3],
    bottom: [f32; 3],
    discs: Vec<Disc>,
    stripes: Stripes,
}

#[derive(Debug)]
struct Disc {
    x: f32,
    y: f32,
    radius_squared: f32,
    color: [f32; 3],
    strength: f32,
}

/// Slanted stripes across the lower part.
#[derive(Debug)]
struct Stripes {
    slope: f32,
    per_width: f32,
    from: f32,
}

impl Scene {
    #[expect(clippy::cast_precision_loss, reason = "sides are below 2,000")]
    fn of(title: &str, width: u32, height: u32) -> Self {
        let seed = title.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        // 0 to 1, another for each number.
        let draw = |n: u64| (names::mix(n, seed) % 10_000) as f32 / 10_000.0;
        let (width, height) = (width as f32, height as f32);
        let tall = height / width;
        let hue = draw(1);
        let other = hue + 0.08 + 0.3 * draw(2);
        let disc = |n: u64| {
            let radius = 0.25 + 0.45 * draw(10 + n);
            Disc {
                x: draw(20 + n),
                y: draw(30 + n) * tall,
                radius_squared: radius * radius,
                color: rgb(hue + 0.5 * draw(40 + n), 0.6, 0.45 + 0.35 * draw(50 + n)),
                strength: 0.35 + 0.4 * draw(60 + n),
            }
        };
        Self {
            width,
            tall,
            top: rgb(hue, 0.55, 0.42),
            bottom: rgb(other, 0.65, 0.14),
            discs: (0..DISCS).map(disc).collect(),
            stripes: Stripes {
                slope: 1.6 * draw(3) - 0.8,
                per_width: 3.0 + 5.0 * draw(4),
                from: (0.55 + 0.25 * draw(5)) * tall,
            },
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "sides are below 2,000")]
    fn pixel(&self, x: u32, y: u32) -> [u8; 3] {
        let (x, y) = (x as f32 / self.width, y as f32 / self.width);
        let down = (y / self.tall * 0.85 + x * 0.15).min(1.0);
        let mut color = blend(self.top, self.bottom, down);
        for disc in &self.discs {
            let (dx, dy) = (x - disc.x, y - disc.y);
            let near = 1.0 - (dx * dx + dy * dy) / disc.radius_squared;
            if near > 0.0 {
                color = blend(color, disc.color, near * near * disc.strength);
            }
        }
        if y > self.stripes.from {
            let along = (x + y * self.stripes.slope) * self.stripes.per_width;
            if (along - along.floor()) < 0.5 {
                color = blend(color, [1.0; 3], 0.07);
            }
        }
        color.map(byte)
    }
}

fn blend(a: [f32; 3], b: [f32; 3], part: f32) -> [f32; 3] {
    std::array::from_fn(|n| a[n] + (b[n] - a[n]) * part)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "0 to 255; beyond saturates"
)]
fn byte(part: f32) -> u8 {
    (part * 255.0) as u8
}

/// Hue in turns, saturation and lightness from 0 to 1.
fn rgb(hue: f32, saturation: f32, lightness: f32) -> [f32; 3] {
    let strength = saturation * lightness.min(1.0 - lightness);
    [0.0, 8.0, 4.0].map(|offset| {
        let k = (offset + hue * 12.0).rem_euclid(12.0);
        lightness - strength * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0)
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    /// Width, height and the rows as they were before they were packed.
    fn read(png: &[u8]) -> (u32, u32, Vec<u8>) {
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        let (mut at, mut head, mut rows) = (8, Vec::new(), Vec::new());
        while at < png.len() {
            let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
            let (name, body) = (&png[at + 4..at + 8], &png[at + 8..at + 8 + length]);
            let mut crc = flate2::Crc::new();
            crc.update(&png[at + 4..at + 8 + length]);
            assert_eq!(png[at + 8 + length..at + 12 + length], crc.sum().to_be_bytes());
            match name {
                b"IHDR" => head.extend(body),
                b"IDAT" => {
                    flate2::read::ZlibDecoder::new(body)
                        .read_to_end(&mut rows)
                        .unwrap();
                }
                other => assert_eq!(other, b"IEND"),
            }
            at += 12 + length;
        }
        let number = |from: usize| u32::from_be_bytes(head[from..from + 4].try_into().unwrap());
        (number(0), number(4), rows)
    }

    #[test]
    fn sides_are_those_asked_for_within_bounds() {
        for (asked, given) in [
            ((240, 360), (240, 360)),
            ((1, 1), (1, 1)),
            ((0, 9_999), (1, SIDE_MAX)),
        ] {
            let (width, height, rows) = read(&png("Heat", asked.0, asked.1));
            assert_eq!((width, height), given);
            assert_eq!(rows.len(), (1 + 3 * width as usize) * height as usize);
        }
    }

    #[test]
    fn a_title_always_looks_the_same_and_no_two_look_alike() {
        let titles = ["Heat", "Ronin", "Heat 2", "", "Amélie"];
        let pictures = titles.map(|title| png(title, 24, 36));
        for (n, title) in titles.iter().enumerate() {
            assert_eq!(png(title, 24, 36), pictures[n]);
            assert!(pictures[..n].iter().all(|other| *other != pictures[n]), "{title}");
        }
    }

    #[test]
    fn colours_are_the_usual_ones() {
        for (hue, expected) in [
            (0.0, [1.0, 0.0, 0.0]),
            (1.0 / 3.0, [0.0, 1.0, 0.0]),
            (2.0 / 3.0, [0.0, 0.0, 1.0]),
        ] {
            let got = rgb(hue, 1.0, 0.5);
            assert!(
                got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-4),
                "{hue}: {got:?}"
            );
        }
    }
}
