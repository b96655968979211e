//! Who visits the demo city? Simulated people with a device, a consent, what they declare, and a hidden taste.

use triqueta::catalog::{City, Place};
use triqueta::event::{Consent, DeviceId, DeviceType, Grade};
use triqueta::history::Profile;
use triqueta::math::Random;

use super::calendar::{DAY_MS, HOUR_MS};
use super::taste::{ByPlace, ByTag, Contrary, Family, Names, Taste};

/// Version of the consent text the simulated visitors saw.
const CONSENT_TEXT: &str = "demo-1";

/// One simulated visitor.
#[derive(Debug, Clone, PartialEq)]
pub struct Visitor {
    /// Their device.
    pub device: DeviceId,
    /// Their id, if they signed in.
    pub user: Option<String>,
    /// What they allowed.
    pub consent: Consent,
    /// What they told the page.
    pub profile: Profile,
    /// First visit, Unix ms.
    pub since_ms: i64,
    pub(super) visits_per_week: f64,
    pub(super) device_type: DeviceType,
    pub(super) browser: &'static str,
    pub(super) taste: Taste,
}

/// Where people live or work, with the locality they would call theirs.
const NEIGHBOURHOODS: [(&str, f64, f64); 9] = [
    ("La Candelaria", 4.5975, -74.0725),
    ("La Candelaria", 4.5950, -74.0760),
    ("Santa Fe", 4.6050, -74.0710),
    ("Santa Fe", 4.6150, -74.0675),
    ("Santa Fe", 4.6235, -74.0650),
    ("Chapinero", 4.6320, -74.0640),
    ("Chapinero", 4.6480, -74.0615),
    ("Chapinero", 4.6590, -74.0570),
    ("Chapinero", 4.6740, -74.0510),
];

const BROWSERS: [(DeviceType, &str); 5] = [
    (DeviceType::Mobile, "Chrome 141"),
    (DeviceType::Mobile, "Safari 26"),
    (DeviceType::Desktop, "Chrome 141"),
    (DeviceType::Desktop, "Firefox 144"),
    (DeviceType::Tablet, "Safari 26"),
];

/// Draws the visitors who come between `from_ms` and `until_ms`.
pub(super) fn draw(
    count: usize,
    seed: u64,
    names: &Names,
    city: &City,
    from_ms: i64,
    until_ms: i64,
) -> Vec<Visitor> {
    let mut random = Random::new(seed ^ 0x76_6973_6974_6f72);
    (0..count)
        .map(|number| draw_one(number, &mut random, names, city, from_ms, until_ms))
        .collect()
}

fn draw_one(
    number: usize,
    random: &mut Random,
    names: &Names,
    city: &City,
    from_ms: i64,
    until_ms: i64,
) -> Visitor {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&random.next_u64().to_le_bytes());
    bytes[8..].copy_from_slice(&random.next_u64().to_le_bytes());
    let family =
        [Family::ByTag, Family::ByPlace, Family::Contrary][pick(&[0.45, 0.30, 0.25], random)];
    let (home_locality, home) = neighbourhood(random);
    let (_, work) = neighbourhood(random);
    let mut profile = Profile::default();
    let taste = match family {
        Family::ByTag => {
            let taste = ByTag::draw(names, random);
            profile.tags = taste.declare(names, random);
            profile.level = taste
                .level()
                .filter(|_| random.uniform() < 0.6)
                .map(|level| names.levels[level].clone());
            Taste::ByTag(taste)
        }
        Family::ByPlace => {
            let taste = ByPlace::draw(names, home, work, random);
            profile.tags = taste.declare(names, random);
            profile.availability = windows(city, taste.free_windows());
            Taste::ByPlace(taste)
        }
        Family::Contrary => {
            let taste = Contrary::draw(names, random);
            profile.tags = taste.declare(names, random);
            Taste::Contrary(taste)
        }
    };
    if random.uniform() < if family == Family::ByPlace { 0.85 } else { 0.5 } {
        profile.locality = Some(home_locality.to_owned());
    }
    // Half of them were there from the start, the others join over time, some only in the last days.
    let span = (until_ms - from_ms) as f64;
    let late = if random.uniform() < 0.5 {
        0.15 * random.uniform()
    } else {
        random.uniform()
    };
    let since_ms = from_ms + (late * (span - DAY_MS as f64).max(0.0)) as i64;
    profile.since_ms = Some(since_ms);
    let grade = [Grade::Upload, Grade::Device, Grade::None][pick(&[0.52, 0.28, 0.20], random)];
    let (device_type, browser) = BROWSERS[pick(&[0.42, 0.22, 0.18, 0.12, 0.06], random)];
    let signed_in = grade == Grade::Upload && random.uniform() < 0.75;
    Visitor {
        device: DeviceId::new(bytes),
        user: signed_in.then(|| format!("visitante-{:05}", number + 1)),
        consent: Consent {
            grade,
            location: false,
            minor: false,
            text_version: CONSENT_TEXT.into(),
            time_ms: since_ms - HOUR_MS / 60,
        },
        profile,
        since_ms,
        visits_per_week: (0.5 * libm::exp(0.7 * random.normal())).min(3.0),
        device_type,
        browser,
        taste,
    }
}

impl Visitor {
    /// The family of their hidden taste.
    pub fn family(&self) -> Family {
        self.taste.family()
    }

    /// Whether their events may leave the device.
    pub fn uploads(&self) -> bool {
        self.consent.allows_upload()
    }
}

/// A place within about half a kilometre of a neighbourhood's middle.
fn neighbourhood(random: &mut Random) -> (&'static str, Place) {
    let (name, lat, lon) = NEIGHBOURHOODS[random.below(NEIGHBOURHOODS.len())];
    (
        name,
        Place {
            lat: lat + 0.003 * random.normal(),
            lon: lon + 0.002 * random.normal(),
        },
    )
}

fn windows(city: &City, bits: u16) -> Vec<String> {
    let named = city
        .availability
        .iter()
        .enumerate()
        .filter(|(index, _)| bits & (1 << index) != 0);
    named.map(|(_, window)| window.name.clone()).collect()
}

/// Draws an index by weights that sum to 1.
pub(super) fn pick(weights: &[f64], random: &mut Random) -> usize {
    let mut left = random.uniform();
    for (index, weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return index;
        }
    }
    weights.len().saturating_sub(1)
}
