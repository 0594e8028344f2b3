use super::*;

fn image(source: &str, checksum: Option<&str>) -> Image {
    Image { source: source.into(), checksum: checksum.map(str::to_owned) }
}

#[test]
fn the_same_content_is_the_same_image() {
    let table = [
        (image("a", Some("sha256:1")), image("a", Some("sha256:1")), ""),
        (image("a", Some("sha256:1")), image("b", Some("sha256:1")), ""),
        (image("a", Some("sha256:1")), image("a", Some("sha256:2")), "another build of a"),
        (image("a", Some("sha256:1")), image("b", Some("sha256:2")), "a, not b"),
        (image("a", Some("sha256:1")), image("a", Some("sha512:2")), ""),
        (image("a", None), image("a", Some("sha256:1")), ""),
        (image("a", None), image("b", Some("sha256:1")), "a, not b"),
    ];
    for (runs, wanted, words) in table {
        let found = runs.differs(&wanted);
        assert_eq!(found.is_some(), !words.is_empty(), "{runs:?} {wanted:?}");
        assert!(found.unwrap_or_default().contains(words), "{runs:?} {wanted:?}");
    }
}

fn node(state: Provision, since: &str, corner: Value) -> Observed {
    let told = json!({ "image_source": "told", "image_checksum": "ab".repeat(32) });
    Observed {
        provision_state: state,
        provision_updated_at: Some(since.parse().unwrap()),
        extra: Map::from_iter([("ymir".to_owned(), corner)]),
        instance_info: told.as_object().unwrap().clone(),
        ..Observed::default()
    }
}

const BEFORE: &str = "2026-11-26T20:00:00.5Z";
const AFTER: &str = "2026-11-26T21:00:00.5Z";

#[test]
fn a_rebuild_counts_when_it_has_ended() {
    let rebuilding = json!({ "since": BEFORE, "host_key": "new", "image": { "source": "new" } });
    let corner =
        json!({ "host_key": "old", "image": { "source": "old" }, "rebuilding": rebuilding });
    let table = [
        (Provision::Active, BEFORE, "old"),
        (Provision::Deploying, AFTER, "old"),
        (Provision::DeployFailed, AFTER, "old"),
        (Provision::Active, AFTER, "new"),
    ];
    for (state, since, expected) in table {
        let node = node(state, since, corner.clone());
        assert_eq!(Image::on(&node).unwrap().source, expected, "{state:?}");
        assert_eq!(node.host_key().unwrap(), expected, "{state:?}");
        let changes = node.settled();
        assert_eq!(changes["rebuilding"], Value::Null);
        assert_eq!(changes.contains_key("host_key"), expected == "new");
    }
}

#[test]
fn without_a_note_it_runs_what_ironic_was_told() {
    let node = node(Provision::Active, BEFORE, json!({ "host_key": "old" }));
    let found = Image::on(&node).unwrap();
    assert_eq!(found.source, "told");
    assert!(found.checksum.unwrap().starts_with("sha256:abab"));
    assert!(node.settled().is_empty());
    assert_eq!(Image::on(&Observed::default()), None);
}
