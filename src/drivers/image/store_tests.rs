use jiff::Timestamp;

use super::{super::manifest::*, *};

const DIGEST: &str = "0123456789abcdef0123";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A build of `demo` with this content.
fn build(room: &Room, content: &str) -> Utf8PathBuf {
    let dir = room.path("built");
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("demo.qcow2"), content).unwrap();
    let manifest = Manifest {
        name: "demo".into(),
        digest: DIGEST.into(),
        built_at: at(100),
        kernel: "6.1".into(),
        virtual_size: None,
        files: vec![Product::of(&dir, "demo.qcow2").unwrap()],
        packages: Vec::new(),
    };
    fs::write(dir.join("demo.manifest.json"), manifest.json().unwrap()).unwrap();
    dir
}

fn wanted(digest: &str) -> Wanted<'_> {
    Wanted { name: "demo", digest, built_after: None }
}

fn names(dir: &Utf8Path) -> Vec<String> {
    let mut names: Vec<_> =
        dir.read_dir_utf8().unwrap().map(|entry| entry.unwrap().file_name().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn what_is_published_is_complete_and_up_to_date() {
    let temporary = tempfile::tempdir().unwrap();
    let cache = Utf8Path::from_path(temporary.path()).unwrap();
    let (entry, directory) = (entry(cache, "demo", DIGEST), cache.join("http"));
    assert_eq!(faults(&directory, wanted(DIGEST)).unwrap(), ["it is not built yet"]);
    for content in ["first", "second"] {
        let room = Room::new(cache).unwrap();
        keep(&build(&room, content), &entry, &room).unwrap();
        // What a publication that was killed left behind.
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join(".demo.qcow2.new"), "half").unwrap();
        publish(&entry, "demo", &directory).unwrap();
        assert_eq!(names(&directory), ["demo.manifest.json", "demo.qcow2"]);
        assert_eq!(fs::read_to_string(directory.join("demo.qcow2")).unwrap(), content);
        assert!(faults(&directory, wanted(DIGEST)).unwrap().is_empty());
    }
}

#[test]
fn each_reason_to_build_is_told() {
    let temporary = tempfile::tempdir().unwrap();
    let cache = Utf8Path::from_path(temporary.path()).unwrap();
    let room = Room::new(cache).unwrap();
    let dir = build(&room, "content");
    let changed = ["its recipe changed since it was built, or how Ymir builds it"];
    assert_eq!(faults(&dir, wanted("other")).unwrap(), changed);
    let forced = Wanted { built_after: Some(at(101)), ..wanted(DIGEST) };
    assert_eq!(faults(&dir, forced).unwrap(), ["a rebuild is asked for"]);
    let earlier = Wanted { built_after: Some(at(99)), ..wanted(DIGEST) };
    assert!(faults(&dir, earlier).unwrap().is_empty());
    // Same length, other bytes: only the checksum sees it.
    fs::write(dir.join("demo.qcow2"), "CONTENT").unwrap();
    let changed = ["demo.qcow2 was changed since it was built"];
    assert_eq!(faults(&dir, wanted(DIGEST)).unwrap(), changed);
    fs::remove_file(dir.join("demo.qcow2")).unwrap();
    assert_eq!(faults(&dir, wanted(DIGEST)).unwrap(), ["demo.qcow2 is missing"]);
}

#[test]
fn the_cache_keeps_the_latest_builds() {
    let temporary = tempfile::tempdir().unwrap();
    let cache = Utf8Path::from_path(temporary.path()).unwrap();
    // Old, and none of ours: another name, and no manifest.
    let foreign = ["0123456789abcde", "0123456789ABCDEF", "0123456789abcdef"];
    for name in foreign {
        fs::create_dir_all(cache.join("images/demo").join(name)).unwrap();
    }
    fs::write(cache.join("images/demo/0123456789ABCDEF/demo.manifest.json"), "{}").unwrap();
    for digest in ["a", "b", "c", "d"].map(|letter| letter.repeat(16)) {
        let room = Room::new(cache).unwrap();
        keep(&build(&room, &digest), &entry(cache, "demo", &digest), &room).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let mut kept = ["b", "c", "d"].map(|letter| letter.repeat(16)).to_vec();
    kept.extend(foreign.map(str::to_owned));
    kept.sort();
    assert_eq!(names(&cache.join("images/demo")), kept);
}
