//! What an export promises: everything comes back, and nothing torn does.

use std::os::unix::fs::PermissionsExt;

use jiff::Timestamp;

use super::*;
use crate::account::Source;
use crate::id::Generation;
use crate::profile::{DeviceType, Profile};
use crate::public::Event;
use crate::rules::Rules;
use crate::seal::{Key, Keys};
use crate::secret::Secret;
use crate::session::Issued;
use crate::token::{Obtained, Pair, Plain, System, TokenRules};

const RULES: Rules = Rules::DEFAULT;

fn contents() -> Contents {
    let session = |w_id: &str| {
        let issued = Issued {
            label: Some("门店\u{2028}一号".parse().unwrap()),
            device: DeviceType::Mac,
            ..Issued::new(w_id.parse().unwrap(), "http://platform/qr.png")
        };
        Session::begun(issued, Seq(1), Timestamp::UNIX_EPOCH, &RULES)
    };
    let keys = Keys::only(Key::generate().unwrap());
    let profile = Profile::of("wxid_a".parse().unwrap());
    let now = Timestamp::UNIX_EPOCH;
    Contents {
        accounts: vec![Account::first_login(&session("w1"), &profile, Source::LoginInfo, now, &RULES)],
        sessions: vec![session("w1"), session("w2")],
        tokens: vec![token(&keys)],
        seal: Some(SealCheck::new(&keys).unwrap()),
        platform_key: Some(PlatformKey {
            base_url: "http://platform".to_owned(),
            account: "186".to_owned(),
            key: Secret::new("a key"),
        }),
        outbox: outbox(),
        fleet: Fleet::default(),
        last_seq: Seq(42),
        links: Vec::new(),
        not_shrunk: None,
    }
}

fn outbox() -> Outbox {
    let hook = Hook::new("hook".parse().unwrap(), Seq(40));
    let event = Event::new(Seq(7), Timestamp::UNIX_EPOCH, "session.online".to_owned());
    let what = "HTTP status 500".to_owned();
    let letter = DeadLetter { hook: hook.id.clone(), since: Timestamp::UNIX_EPOCH, what, event };
    Outbox::new(vec![hook], vec![letter])
}

fn token(keys: &Keys) -> Token {
    let refresh = Some((Secret::new("refresh-SECRET"), None));
    let plain = Plain { access: Secret::new("access-SECRET"), expires_at: Timestamp::UNIX_EPOCH, refresh };
    let pair = Pair::seal(&plain, &"t1".parse().unwrap(), Generation(1), keys).unwrap();
    let obtained = Obtained { system: System::OfficialAccount, app: "wx1".to_owned(), uid: None, pair };
    Token::obtained(obtained, Timestamp::UNIX_EPOCH, &TokenRules::DEFAULT).token
}

fn write_all(path: &Path, contents: &Contents) -> io::Result<()> {
    let host = Host {
        platform_key: contents.platform_key.as_ref(),
        seal: contents.seal.as_ref(),
        outbox: &contents.outbox,
        fleet: &contents.fleet,
        last_seq: contents.last_seq,
    };
    write(path, &contents.sessions, &contents.accounts, &contents.tokens, host)
}

fn same(left: &Contents, right: &Contents) -> bool {
    let sealed = (&left.tokens, &left.seal, &left.outbox) == (&right.tokens, &right.seal, &right.outbox);
    sealed
        && (&left.sessions, &left.accounts, &left.platform_key, &left.fleet, left.last_seq)
            == (&right.sessions, &right.accounts, &right.platform_key, &right.fleet, right.last_seq)
}

#[test]
fn everything_comes_back_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("export.jsonl");
    for contents in [contents(), Contents::default()] {
        write_all(&path, &contents).unwrap();
        assert!(same(&read(&path).unwrap(), &contents));
    }
}

#[test]
fn an_export_from_before_there_were_tokens_is_read() {
    let mut lines = Lines { to: Vec::new(), crc: crc32fast::Hasher::new() };
    let header = r#"{"wxlogindExport":1,"lastSeq":42,"sessions":0,"accounts":0,"platformKey":false}"#;
    lines.push(&serde_json::from_str::<serde_json::Value>(header).unwrap()).unwrap();
    let crc = format!("{:08x}", lines.crc.clone().finalize());
    lines.push(&Written::Crc32(&crc)).unwrap();
    let contents = parse(&lines.to, Path::new("")).unwrap();
    assert!(contents.tokens.is_empty() && contents.seal.is_none());
}

#[test]
fn an_export_shows_no_token() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("export.jsonl");
    write_all(&path, &contents()).unwrap();
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains("wx1") && !text.contains("SECRET"), "{text}");
}

#[test]
fn an_export_is_its_owners_alone_and_leaves_nothing_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("export.jsonl");
    fs::write(part_of(&path), "left by a crash").unwrap();
    write_all(&path, &contents()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn an_export_that_fails_leaves_the_previous_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("export.jsonl");
    let before = contents();
    write_all(&path, &before).unwrap();
    fs::create_dir_all(part_of(&path).join("in the way")).unwrap();
    assert!(write_all(&path, &Contents::default()).is_err());
    assert!(same(&read(&path).unwrap(), &before));
}

#[test]
fn every_truncation_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("export.jsonl");
    write_all(&path, &contents()).unwrap();
    let bytes = fs::read(&path).unwrap();
    for length in 0..bytes.len() {
        assert!(parse(&bytes[..length], &path).is_err(), "{length} of {} bytes", bytes.len());
    }
}

#[test]
fn every_changed_byte_and_everything_appended_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("export.jsonl");
    write_all(&path, &contents()).unwrap();
    let bytes = fs::read(&path).unwrap();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(parse(&changed, &path).is_err(), "byte {at}");
    }
    assert!(parse(&[&bytes[..], b"\n"].concat(), &path).is_err());
    assert!(parse(&bytes.repeat(2), &path).is_err());
}

#[test]
fn a_later_format_is_told_apart_from_damage() {
    let mut lines = Lines { to: Vec::new(), crc: crc32fast::Hasher::new() };
    let header = Header {
        wxlogind_export: 2,
        last_seq: Seq(1),
        sessions: 0,
        accounts: 0,
        tokens: 0,
        hooks: 0,
        dead_letters: 0,
        platform_key: false,
        seal: false,
    };
    lines.push(&header).unwrap();
    let crc = format!("{:08x}", lines.crc.clone().finalize());
    lines.push(&Written::Crc32(&crc)).unwrap();
    let error = parse(&lines.to, Path::new("export.jsonl")).unwrap_err();
    assert!(matches!(error, ExportError::Format { format: 2, .. }), "{error}");
}

#[test]
fn a_missing_export_is_named() {
    let error = read(Path::new("/nowhere/export.jsonl")).unwrap_err();
    assert!(matches!(error, ExportError::File { .. }));
    assert!(error.to_string().contains("/nowhere/export.jsonl"), "{error}");
}
