use super::*;

fn refused(text: &str) -> String {
    let trouble = parse(text, "rack.toml").unwrap_err();
    let at = trouble.origin.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("{trouble}\n{at}\n{}", trouble.hints.join("\n"))
}

#[test]
fn the_example_is_one() {
    let file = parse(EXAMPLE, "example.toml").unwrap();
    assert_eq!(file.groups().map(|group| group.count).sum::<u32>(), 100);
    assert_eq!(file.faults().len(), 2);
    // It says that it shows the defaults.
    assert_eq!(file.times, Times::default());
    let default = Settings::default();
    assert_eq!((file.rack.listen, file.rack.newest()), (default.listen, default.newest()));
    assert_eq!(file.rack.conductors, default.conductors);
}

#[test]
fn an_empty_file_is_an_empty_rack() {
    let file = parse("", "rack.toml").unwrap();
    assert_eq!(file.groups().count(), 0);
}

#[test]
fn what_cannot_be_is_refused_with_its_place() {
    let nodes = "[[nodes]]\ncount = 2\nname = \"bm{n}\"\n";
    let fault = |rest: &str| format!("{nodes}\n[[fault]]\n{rest}");
    let table = [
        "[rack]\nlisten = \"0.0.0.0:6385\"".to_owned(),
        "[rack]\nspeeed = 2".to_owned(),
        "[rack]\nspeed = -1.0".to_owned(),
        "[rack]\nconductors = []".to_owned(),
        "[rack]\nnewest_version = \"1.900\"".to_owned(),
        "[times]\nverify = 1\nboot = -5.0".to_owned(),
        "[[nodes]]\ncount = 2\nname = \"bm\"".to_owned(),
        "[[nodes]]\ncount = 2\nname = \"bm{x}\"".to_owned(),
        fault("node = \"bm1\"\nstep = \"deploy\"\nwhat = \"image-403\""),
        fault("node = \"bm1\"\nstep = \"ssh\"\nwhat = \"image-404\""),
        fault("node = \"bm3\"\nstep = \"deploy\"\nwhat = \"image-404\""),
        "[rack".to_owned(),
    ];
    let told: Vec<_> = table.iter().map(|text| refused(text)).collect();
    insta::assert_snapshot!(told.join("\n\n"), @"
    reading the rack's file rack.toml: `listen` is 0.0.0.0:6385, which others can reach
    rack.toml:2:1
    the rack guards nothing: let it listen on 127.0.0.1

    reading the rack's file rack.toml: unknown field `speeed`, expected one of `listen`, `speed`, `conductors`, `newest_version`, `max_concurrent_deploy`, `bmc`, `ironic`, `keystone`
    rack.toml:2:1
    did you mean `speed`?

    reading the rack's file rack.toml: `speed` is -1
    rack.toml:2:9
    write how many seconds pass in a real one, up to a million; 0 lets time stand until it is put forward

    reading the rack's file rack.toml: an Ironic without a conductor does nothing
    rack.toml:2:14
    name one, or leave the key out

    reading the rack's file rack.toml: this is no version that the rack speaks
    rack.toml:2:18
    write one from 1.1 to 1.115

    reading the rack's file rack.toml: `boot` is -5, which is no time in seconds
    rack.toml:3:1
    write a number from 0

    reading the rack's file rack.toml: the name bm is given twice
    rack.toml:1:1
    let the pattern hold `{n}`, and patterns of two groups begin differently

    reading the rack's file rack.toml: `bm{x}` is no pattern of a name
    rack.toml:1:1
    write `node-{n}`, or `node-{n:4}` for four digits

    reading the rack's file rack.toml: unknown variant `image-403`, expected one of `bmc-dead`, `bmc-slow`, `401`, `429`, `500`, `503`, `cut`, `cut-answer`, `power-stuck`, `boot-device-ignored`, `node-locked`, `conductor-restarted`, `ramdisk-never-calls-back`, `image-404`, `wrong-checksum`, `disk-too-small`, `step-fails`, `ssh-never-up`, `wrong-host-key`
    rack.toml:8:8
    did you mean `image-404`?

    reading the rack's file rack.toml: `image-404` cannot happen at the step `ssh`
    rack.toml:5:1
    it can at `deploy`

    reading the rack's file rack.toml: no node is called `bm3`
    rack.toml:5:1
    did you mean `bm1`?

    reading the rack's file rack.toml: unclosed table, expected `]`
    rack.toml:1:6
    `ymir rack example` shows a whole file
    ");
}

#[test]
fn names_are_numbered() {
    let table = [
        ("bm{n}", 7, Some("bm7")),
        ("bm{n:3}", 7, Some("bm007")),
        ("bm{n:3}.example", 1234, Some("bm1234.example")),
        ("bm", 7, Some("bm")),
        ("", 7, None),
        ("bm{", 7, None),
        ("bm{m}", 7, None),
        ("bm{n:x}", 7, None),
        ("bm{n:99}", 7, None),
    ];
    for (pattern, number, expected) in table {
        assert_eq!(name(pattern, number).as_deref(), expected, "{pattern}");
    }
}
