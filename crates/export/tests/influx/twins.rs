//! The fake's version 1 beside the real 1.6.7: the same requests, the same answers.

use std::collections::BTreeMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::{Client, Method};
use serde_json::Value;
use sim::influx::{Influx, Privilege, Settings};

use crate::servers::{ADMIN, Influxd, client};

/// Status, body as JSON if it is, and header `X-Influxdb-Error`.
type Answer = (u16, Result<Value, String>, Option<String>);

#[derive(Clone, Debug)]
struct Ask {
    method: Method,
    path: String,
    user: Option<(&'static str, &'static str)>,
    header: Option<(&'static str, &'static str)>,
    body: Vec<u8>,
}

impl Ask {
    fn new(method: Method, path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            method,
            path: path.to_owned(),
            user: None,
            header: None,
            body: body.into(),
        }
    }

    fn write(body: impl Into<Vec<u8>>) -> Self {
        Self::new(Method::POST, "/write?db=d", body)
    }

    fn gzip(body: impl Into<Vec<u8>>) -> Self {
        Self {
            header: Some(("content-encoding", "gzip")),
            ..Self::write(body)
        }
    }

    async fn of(&self, client: &Client, url: &str) -> Answer {
        let mut asked = client.request(self.method.clone(), format!("{url}{}", self.path));
        if let Some((name, password)) = self.user {
            asked = asked.basic_auth(name, Some(password));
        }
        if let Some((name, value)) = self.header {
            asked = asked.header(name, value);
        }
        let answer = asked.body(self.body.clone()).send().await.unwrap();
        let status = answer.status().as_u16();
        let error = answer.headers().get("x-influxdb-error");
        let error = error.map(|e| e.to_str().unwrap().to_owned());
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).map_err(|_| text), error)
    }
}

/// Both ends of it.
fn shown(answer: &Answer) -> String {
    let text: Vec<char> = format!("{answer:?}").chars().collect();
    match text.len() {
        0..600 => text.iter().collect(),
        long => text[..300].iter().chain(&text[long - 300..]).collect(),
    }
}

/// Asks both, in this order, and names every request whose answers differ.
async fn same(real: &Influxd, fake: &Influx, asks: &[Ask]) -> BTreeMap<u16, usize> {
    let client = client();
    let (mut different, mut statuses) = (Vec::new(), BTreeMap::new());
    for ask in asks {
        let (real, fake) = (
            ask.of(&client, &real.url()).await,
            ask.of(&client, &fake.url()).await,
        );
        *statuses.entry(real.0).or_default() += 1;
        if real != fake {
            let body = String::from_utf8_lossy(&ask.body[..ask.body.len().min(200)]);
            different.push(format!(
                "{} {body:?}\n  real {}\n  fake {}",
                ask.path,
                shown(&real),
                shown(&fake)
            ));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    statuses
}

/// Each alone in a body.
const LINES: &[&str] = &[
    "",
    "\n\n",
    "# m f=1",
    "m",
    "m ",
    "m f",
    "m f=",
    "m =1",
    ",t=a f=1",
    "m,t f=1",
    "m,t= f=1",
    "m,=a f=1",
    "m, f=1",
    "m,t=a",
    "m,t=a=b f=1",
    "m,t=a,t=b f=1",
    "m,a=1,b= f=1",
    "m,a=1,b=,c=2 f=1",
    "m,a= ,b=2 f=1",
    "m,t=\"a b\" f=1",
    "m f=1,",
    "m f=1,g",
    "m f=1,,g=2",
    "m ,f=1",
    "m f =1",
    "m f=1 x",
    "m f=1 1x",
    "m f=1 1 2",
    "m f=1 f=2",
    "m f=1 9223372036854775807",
    "m f=1 99999999999999999999",
    "m f=1i1",
    "m f=1.0i",
    "m f=-i",
    "m f=99999999999999999999i",
    "m f=5u",
    "m f=NaN",
    "m f=nan",
    "m f=Inf",
    "m f=-inf",
    "m f=1e400",
    "m f=0x1",
    "m f=fAlse",
    "m f=tru",
    "m f=a",
    "m f=i",
    "m f=e",
    "m f=+1",
    "m f=+1i",
    "m f=--1",
    "m f=1-",
    "m f=1e",
    "m f=1e+",
    "m f=1e5i",
    "m f=.",
    "m f=-",
    "m f=1..2",
    "m f=\"a",
    "m f=\"a\" b",
    "m f=\"a\\\"",
    "m f=1\r\n",
    "m f=1 5\r\n",
    "m f=1\t5",
    "m\tf=1",
    "m\\ f=1",
    "m,t=a\\ f=1",
    "m,t=a\\\\ f=1",
    "m,t\\\\=b f=1",
    "m time=1",
    "m,time=a f=1",
    // From here on they are taken.
    "m f=1 5",
    "m f=1",
    "  m f=1  5 ",
    "m f=.5,g=5.,h=1.5e-05,i=1E+16,j=-0.0 5",
    "m,t=a\\b f=1 5",
    "m,t=a\\\\,b f=1 5",
    "m,t=a\"b f=1 5",
    "m\\,\\ =,t\\ \\,\\==a f\\ \\,\\==1 5",
    "m k=007i,l=-7i 5",
    "m a=t,b=T,c=true,d=True,e=TRUE,f2=f,g2=F,h2=false,i2=False,j2=FALSE 5",
    "m s=\"a\nb\" 5",
    "m s=\"a\\nb \\\" \\\\ , = x\" 5",
    "m f=1,f=2 5",
    "m time=1,f=1 5",
    "m f=1 -5",
    "m f=1 -9223372036854775806",
    // And now their types are known.
    "m f=1i 6",
    "m f=\"x\",g=1i 6\nm g=true 7\nm f=1 8",
    "bad f=\nm f=1 9\nbad2\nm f=2 10",
    "bad f=\nm f=1i 9",
    "m time=1 5\nm f=1i 6",
];

#[tokio::test]
async fn lines_are_judged_alike() {
    let (real, fake) = (Influxd::start().await, fake(Settings::default()).await);
    real.create_database("d").await;
    let mut asks: Vec<Ask> = LINES.iter().map(|line| Ask::write(*line)).collect();
    let key = |bytes: usize| format!("m,t={} f=1 5", "k".repeat(bytes - "m,t=".len()));
    for bytes in [65_530, 65_531, 65_535, 65_536] {
        asks.push(Ask::write(key(bytes)));
    }
    let statuses = same(&real, &fake, &asks).await;
    assert!(statuses[&204] > 15 && statuses[&400] > 60, "{statuses:?}");
}

/// A week of its own for each: whether a shard is there decides what is said of a new field with two types.
#[tokio::test]
async fn types_are_judged_alike() {
    let (real, fake) = (Influxd::start().await, fake(Settings::default()).await);
    real.create_database("d").await;
    let late = 700_000_000_000_000_000_i64;
    let later = 800_000_000_000_000_000_i64;
    let asks = [
        // In a new shard: bare, and nothing is stored; then told in full.
        "n f=1 5\nn f=2i 6\nn g=1 7".to_owned(),
        "n f=1 5\nn f=2i 6\nn g=1 7".to_owned(),
        // In one that is there: told in full at once.
        "o f=1 5\no f=2i 6\no g=1 7".to_owned(),
        // Two such fields: bare again, and again for each further one.
        "p f=1,g=1 5\np f=1i 6\np g=1i 7".to_owned(),
        "q f=1 5\nq f=1i 6\nq g=1 7\nq g=1i 8\nq h=1 9\nq h=1i 10".to_owned(),
        "q f=1 5\nq f=1i 6\nq g=1 7\nq g=1i 8\nq h=1 9\nq h=1i 10".to_owned(),
        // A point that is dropped teaches nothing.
        "p y=1,f=1i 10\np y=1i 8".to_owned(),
        // Another week, another type.
        format!("n f=2i {late}"),
        format!("n f=1 8\nn f=2i {later}\nn f=2i 9"),
        "r f=1,f=2i 5".to_owned(),
        "s f=1 5\nt f=1i 5\ns f=1i 6\nt f=1 6".to_owned(),
    ];
    let asks: Vec<Ask> = asks.into_iter().map(Ask::write).collect();
    let statuses = same(&real, &fake, &asks).await;
    assert_eq!(statuses.values().sum::<usize>(), asks.len());
    let mut kept = 0;
    for measurement in ["n", "o", "p", "q", "r", "s", "t"] {
        let rows = real.query("d", &format!("SELECT * FROM {measurement}")).await;
        let rows = rows["results"][0]["series"][0]["values"]
            .as_array()
            .map_or(0, Vec::len);
        let points = fake.points();
        let own = points.iter().filter(|p| p.measurement == measurement);
        assert_eq!(own.count(), rows, "{measurement}: {rows:?}");
        kept += rows;
    }
    assert!(kept > 8, "{kept}");
}

#[tokio::test]
async fn what_is_too_old_is_judged_alike() {
    let real = Influxd::start().await;
    real.query("", "CREATE DATABASE d WITH DURATION 1h").await;
    let settings = Settings {
        // Between the lines of 1970 and those without a time.
        oldest_ns: Some(1_000_000_000_000_000_000),
        ..Settings::default()
    };
    let asks = [
        "m f=1 5",
        "m f=1",
        "m f=1 5\nm f=2\nm f=3 6",
        "m f=1 5\nm f=1i",
        "m f=1 5\nbad",
        "m f=1 5\nm f=1i\nbad",
    ]
    .map(Ask::write);
    let statuses = same(&real, &fake(settings).await, &asks).await;
    assert_eq!(statuses, BTreeMap::from([(204, 1), (400, 5)]));
    assert_eq!(real.number("d", "SELECT count(f) FROM m").await, 2);
}

#[tokio::test]
async fn requests_are_judged_alike() {
    let real = Influxd::start_with("max-body-size = 1000").await;
    real.create_database("d").await;
    let settings = Settings {
        max_body_bytes: 1_000,
        ..Settings::default()
    };
    let fake = fake(settings).await;
    let packed = |lines: &str| {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(lines.as_bytes()).unwrap();
        packer.finish().unwrap()
    };
    let (post, get) = (Method::POST, Method::GET);
    let query = |q: &str| Ask {
        header: Some(("content-type", "application/x-www-form-urlencoded")),
        ..Ask::new(
            Method::POST,
            "/query",
            format!("q={}", q.replace(' ', "+").replace('"', "%22")),
        )
    };
    let asks = [
        Ask::new(post.clone(), "/write?db=nope", "m f=1 5"),
        Ask::new(post.clone(), "/write", "m f=1 5"),
        Ask::new(post.clone(), "/write?db=d&rp=nope", "m f=1 5"),
        Ask::new(post.clone(), "/write?db=d&rp=nope", ""),
        Ask::new(post.clone(), "/write?db=d&rp=autogen", "m f=1 5"),
        Ask::new(post.clone(), "/write?db=d&precision=what", "m f=1 5"),
        Ask::new(post.clone(), "/write?db=d&precision=h", "m f=1 5000000"),
        Ask::new(post.clone(), "/write?db=d&precision=s", "m f=1 1700000000"),
        Ask::new(get.clone(), "/write?db=d", ""),
        Ask::new(Method::PUT, "/write?db=d", "m f=1"),
        Ask::new(post.clone(), "/api/v2/write?bucket=d", "m f=1"),
        Ask::new(get.clone(), "/health", ""),
        Ask::new(get.clone(), "/ping", ""),
        Ask::new(Method::HEAD, "/ping", ""),
        Ask::gzip(packed("m f=1 6")),
        Ask::gzip([packed("m f=1 7\nm f="), packed("2 8\nm f=3 9\n")].concat()),
        Ask::gzip(packed(&"m f=1 6\n".repeat(1_000))),
        Ask::gzip("m f=1 6, and it is not packed"),
        Ask {
            header: Some(("content-encoding", "deflate")),
            ..Ask::write("m f=1 6")
        },
        Ask::write("m f=1 6\n".repeat(125)),
        Ask::write("m f=1 6\n".repeat(126)),
        query("SHOW DATABASES"),
        query("CREATE DATABASE plain"),
        query("CREATE DATABASE \"a b\""),
        query("CREATE DATABASE \"\""),
        query("CREATE DATABASE \"d\""),
        query("SHOW DATABASES"),
        Ask::new(get, "/query?q=SHOW%20DATABASES", ""),
        Ask::new(post, "/query", ""),
    ];
    let statuses = same(&real, &fake, &asks).await;
    for status in [200, 204, 400, 404, 405, 413, 500] {
        assert!(statuses.contains_key(&status), "{status}: {statuses:?}");
    }
}

#[tokio::test]
async fn users_are_judged_alike() {
    const MAY_WRITE: (&str, &str) = ("w", "secret w");
    const MAY_READ: (&str, &str) = ("r", "secret r");
    let real = Influxd::start_with_auth().await;
    real.create_database("d").await;
    for (name, password) in [MAY_WRITE, MAY_READ] {
        real.query("", &format!("CREATE USER {name} WITH PASSWORD '{password}'"))
            .await;
    }
    real.query("", "GRANT WRITE ON d TO w").await;
    real.query("", "GRANT READ ON d TO r").await;
    let post = Method::POST;
    let asks = [
        Ask::write("m f=1 5"),
        Ask::new(post.clone(), "/write?db=nope", "m f=1 5"),
        Ask::new(post.clone(), "/query?q=CREATE%20DATABASE%20new", ""),
        Ask::new(Method::GET, "/query?q=SHOW%20DATABASES", ""),
        Ask::new(Method::GET, "/ping", ""),
    ];
    for (user, privilege) in [
        (ADMIN, Privilege::Admin),
        (MAY_WRITE, Privilege::Write),
        (MAY_READ, Privilege::Read),
    ] {
        let settings = Settings {
            user: Some((user.0.to_owned(), user.1.to_owned())),
            privilege,
            ..Settings::default()
        };
        let fake = fake(settings).await;
        let all: Vec<Ask> = [
            Some(user),
            None,
            Some((user.0, "wrong")),
            Some(("nobody", "x")),
            Some(("", "")),
        ]
        .into_iter()
        .flat_map(|user| asks.iter().map(move |ask| Ask { user, ..ask.clone() }))
        // Making a database is remembered, but by the real one only in the first round.
        .filter(|ask| !(user == ADMIN && ask.user == Some(ADMIN) && ask.path.contains("SHOW")))
        .collect();
        let with = |value| Ask {
            header: Some(("authorization", value)),
            ..asks[0].clone()
        };
        let garbled = ["Token w:secret w", "Bearer x", "Basic ???", "Basic"].map(with);
        same(&real, &fake, &[all, garbled.to_vec()].concat()).await;
        real.query("", "DROP DATABASE new").await;
    }
}

async fn fake(settings: Settings) -> Influx {
    let databases = vec!["d".to_owned()];
    Influx::start(Settings {
        databases,
        ..settings
    })
    .await
}
