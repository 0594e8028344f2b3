use super::*;
use crate::{
    model::image_source::{Format, ImageSource, Partition},
    origin::{Origin, Setting, Sourced},
};

const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn sourced<T>(value: T) -> Sourced<T> {
    Sourced { value, setting: Setting { variable: "x".into(), origin: Origin::whole("test") } }
}

/// A directory for images, and an image in it.
fn image(described: Option<ImageSource>) -> (tempfile::TempDir, HostImage) {
    let dir = tempfile::tempdir().unwrap();
    let image = HostImage {
        file: sourced("a.qcow2".into()),
        directory: Utf8PathBuf::try_from(dir.path().to_owned()).unwrap(),
        url: sourced("http://h/".into()),
        rootfs_uuid: None,
        user_data: None,
        described: described.map(sourced),
        architecture: None,
        trust: None,
    };
    (dir, image)
}

#[test]
fn missing_unpublished_and_damaged_images_are_told() {
    let (_dir, image) = image(None);
    let look = || checked("bm1", &image, &Digests::default());
    let write = |file: &str, text: &str| std::fs::write(image.directory.join(file), text).unwrap();
    assert!(look().unwrap_err().causes[0].ends_with("a.qcow2 does not exist"));
    write("a.qcow2", "abc");
    assert!(look().unwrap_err().causes[0].contains("cannot be read"));
    write("a.qcow2.sha256", "00  a.qcow2\n");
    assert!(look().unwrap_err().causes[0].contains("does not begin with a SHA-256"));
    write("a.qcow2.sha256", &"0".repeat(64));
    assert!(look().unwrap_err().causes[0].contains("is damaged"));
    write("a.qcow2.sha256", ABC);
    assert_eq!(look().unwrap().sum().unwrap().hex, ABC);
}

#[test]
fn a_file_of_the_site_is_checked_by_what_the_site_says() {
    let list =
        ImageSource { checksum: Some(Checksum::List("SUMS".into())), ..ImageSource::default() };
    let (_dir, image) = image(Some(list));
    let look = || checked("bm1", &image, &Digests::default());
    std::fs::write(image.directory.join("a.qcow2"), "abc").unwrap();
    assert!(look().unwrap_err().causes[0].contains("its checksums"));
    let sums = |text: String| std::fs::write(image.directory.join("SUMS"), text).unwrap();
    sums(format!("{ABC}  b.qcow2\n"));
    assert!(look().unwrap_err().causes[0].contains("has no checksum of a.qcow2"));
    // SHA-512 and MD5 of `abc`, as their inventors give them.
    let sha512 = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
    for hex in [ABC, sha512, "900150983cd24fb0d6963f7d28e17f72"] {
        sums(format!("{hex}  a.qcow2\n"));
        assert_eq!(look().unwrap().sum().unwrap().hex, hex);
    }
}

#[test]
fn ironic_is_told_what_each_kind_of_image_needs() {
    let told = |source: Option<ImageSource>, proof: &Proof| {
        let (_dir, image) = image(source);
        serde_json::to_string(&instance_info(&image, proof)).unwrap()
    };
    let sum = |text: &str| Proof::Sum(Sum::parse(text).unwrap());
    insta::assert_snapshot!(told(None, &sum(&"a".repeat(64))), @r#"{"image_source":"http://h/a.qcow2","image_type":"whole-disk","image_checksum":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#);
    insta::assert_snapshot!(told(None, &sum(&"b".repeat(32))), @r#"{"image_source":"http://h/a.qcow2","image_type":"whole-disk","image_checksum":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}"#);
    let raw = ImageSource {
        url: Some("https://elsewhere/a.raw".into()),
        format: Some(Format::Raw),
        ..ImageSource::default()
    };
    let list = Proof::List("https://elsewhere/SHA512SUMS".into());
    insta::assert_snapshot!(told(Some(raw.clone()), &list), @r#"{"image_source":"https://elsewhere/a.raw","image_type":"whole-disk","image_checksum":"https://elsewhere/SHA512SUMS","image_disk_format":"raw"}"#);
    insta::assert_snapshot!(told(Some(raw), &sum(&"c".repeat(128))), @r#"{"image_source":"https://elsewhere/a.raw","image_type":"whole-disk","image_os_hash_algo":"sha512","image_os_hash_value":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","image_disk_format":"raw"}"#);
    let partition = Partition {
        kernel: Some("a.vmlinuz".into()),
        ramdisk: Some("https://elsewhere/a.initrd".into()),
        root_gb: 20,
    };
    let parted = ImageSource { partition: Some(partition), ..ImageSource::default() };
    insta::assert_snapshot!(told(Some(parted), &Proof::Own), @r#"{"image_source":"http://h/a.qcow2","image_type":"partition","root_gb":20,"kernel":"http://h/a.vmlinuz","ramdisk":"https://elsewhere/a.initrd"}"#);
}
