//! A publisher's key: its file, its signatures, and a registry that once was signed.

use std::fs;

use ring::signature::{ED25519, UnparsedPublicKey};
use triqueta_trainer::publish::{Registry, Signer};

use crate::made_up::*;
use crate::support::NOW_MS;

/// The private and public key of RFC 8410, section 10, as `openssl` would write the private one.
const OTHERS_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
    -----END PRIVATE KEY-----\n";
const OTHERS_PUBLIC: &str = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digits = hexadecimal.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.map(byte).collect()
}

/// The signatures beside the channel that are of these bytes, by this key.
fn signed(registry: &Registry, public_key: &str, channel: &[u8]) -> usize {
    let text = fs::read_to_string(registry.folder().join("channel.json.sig")).unwrap();
    let key = UnparsedPublicKey::new(&ED25519, bytes(public_key));
    let lines = text.lines().filter(|line| !line.is_empty());
    lines
        .filter(|line| key.verify(channel, &bytes(line)).is_ok())
        .count()
}

fn channel(registry: &Registry) -> Vec<u8> {
    fs::read(registry.folder().join("channel.json")).unwrap()
}

#[test]
fn a_key_is_made_once_and_read_again_and_others_tools_make_keys_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("channel.pem");
    let made = Signer::make(&path).unwrap();
    assert_eq!(Signer::read(&path).unwrap().public_key(), made.public_key());
    assert_eq!(made.public_key().len(), 64);
    let before = fs::read(&path).unwrap();
    assert!(Signer::make(&path).unwrap_err().code().starts_with("FILE_"));
    assert_eq!(fs::read(&path).unwrap(), before, "a key is never replaced");
    #[cfg(unix)]
    {
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    fs::write(&path, OTHERS_KEY).unwrap();
    assert_eq!(Signer::read(&path).unwrap().public_key(), OTHERS_PUBLIC);
    for damaged in [
        "",
        "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n",
        "19bf4409",
    ] {
        fs::write(&path, damaged).unwrap();
        assert_eq!(
            Signer::read(&path).unwrap_err().code(),
            "SIGNING_KEY",
            "{damaged:?}"
        );
    }
}

#[test]
fn whoever_comes_while_a_channel_is_replaced_finds_either_signed() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (old, new) = (
        Signer::make(&path("old")).unwrap(),
        Signer::make(&path("new")).unwrap(),
    );
    let (old_key, new_key) = (old.public_key(), new.public_key());

    let registry = Registry::at(path("registry")).signed_by(vec![old]);
    publish(&registry, &first(), "training");
    let one = channel(&registry);
    assert_eq!(signed(&registry, &old_key, &one), 1);
    publish(&registry, &other(), "training");
    let two = channel(&registry);
    assert_ne!(one, two);
    assert_eq!(
        [&one, &two].map(|of| signed(&registry, &old_key, of)),
        [1, 1]
    );

    // Keys change: first both, then the new one alone.
    let both = vec![
        Signer::read(&path("old")).unwrap(),
        Signer::read(&path("new")).unwrap(),
    ];
    let registry = registry.signed_by(both);
    registry.sign().unwrap();
    assert_eq!(channel(&registry), two, "signing publishes nothing");
    assert_eq!(
        [&old_key, &new_key].map(|key| signed(&registry, key, &two)),
        [1, 1]
    );
    let registry = registry.signed_by(vec![Signer::read(&path("new")).unwrap()]);
    publish(&registry, &first(), "training");
    let three = channel(&registry);
    assert_eq!(
        [&old_key, &new_key].map(|key| signed(&registry, key, &three)),
        [0, 1]
    );
    assert_eq!(
        signed(&registry, &old_key, &one),
        0,
        "of the channels before, the last alone"
    );
    let mut changed = three.clone();
    changed[20] ^= 1;
    assert_eq!(signed(&registry, &new_key, &changed), 0);
}

#[test]
fn a_registry_that_was_signed_takes_no_publication_without_a_signature() {
    let folder = tempfile::tempdir().unwrap();
    let key = Signer::make(&folder.path().join("key")).unwrap();
    let registry = Registry::at(folder.path().join("registry"));
    assert_eq!(
        registry.sign().unwrap_err().code(),
        "BUNDLE_MISSING",
        "nothing to sign yet"
    );
    publish(&registry, &first(), "training");
    assert!(!registry.folder().join("channel.json.sig").exists());
    registry.clone().signed_by(vec![key]).sign().unwrap();

    let before = channel(&registry);
    let (id, files) = other();
    let refused = registry.publish(&id, &files, "default", "training", NOW_MS);
    assert_eq!(refused.unwrap_err().code(), "CHANNEL_UNSIGNED");
    assert_eq!(channel(&registry), before);
    assert_eq!(registry.publications().unwrap().len(), 1);
}
