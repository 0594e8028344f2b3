//! `ymir … image build` up to the point where something would be built: what it says about recipes and images.
#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "tests start the binary themselves")]

use std::{fs, path::Path, process::Command};

/// Runs `ymir` on a site with these files; gives exit code and both streams.
fn ymir(files: &[(&str, &str)], args: &[&str]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().canonicalize().unwrap();
    for (name, text) in files {
        let file = path.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_ymir"));
    command.args(args).arg("--config-path").arg(&path).current_dir(&path);
    for name in ["YMIR_ENVIRONMENT", "KAYOBE_ENVIRONMENT", "TERM"] {
        command.env_remove(name);
    }
    command.env("YMIR_STATE_DIR", path.join("state")).env("YMIR_CACHE_DIR", path.join("cache"));
    let output = command.output().unwrap();
    let site = path.to_str().unwrap().to_owned();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&site, "/site");
    let code = output.status.code().unwrap();
    assert!(!Path::new(&site).join("cache").exists(), "something was built");
    format!("exit: {code}\n{}{}", text(&output.stdout), text(&output.stderr))
}

const HOSTS: (&str, &str) = ("environments/common/inventory/hosts", "[seed]\nseed0\n");
const PLAIN: (&str, &str) = ("host-images/debian-12.yml", "packages: [vim]\n");
const TUNED: (&str, &str) = ("host-images/debian-12-tuned.yml", "kernel_arguments: [quiet]\n");
const BUILD: [&str; 4] = ["overcloud", "host", "image", "build"];

#[test]
fn what_would_be_built_is_told() {
    let one = [&BUILD[..], &["--check", "debian-12"]].concat();
    insta::assert_snapshot!(ymir(&[HOSTS, PLAIN, TUNED], &one), @r#"
    exit: 0
    would change: debian-12
    1 of 1 could be looked at
    check of `overcloud host image build`: 1 step, nothing is changed
    -- build images: debian-12
    debian-12: build debian-12.qcow2: would change: it is not built yet
    "#);
    let ramdisk = ["seed", "deployment", "image", "build", "--check"];
    insta::assert_snapshot!(ymir(&[HOSTS], &ramdisk), @r#"
    exit: 0
    would change: ipa
    1 of 1 could be looked at
    check of `seed deployment image build`: 1 step, nothing is changed
    -- build images: ipa
    ipa: build ipa.kernel and ipa.initramfs: would change: it is not built yet
    "#);
}

#[test]
fn an_unknown_image_is_refused_with_the_known_ones() {
    insta::assert_snapshot!(ymir(&[HOSTS, PLAIN, TUNED], &[&BUILD[..], &["debain-12"]].concat()), @r#"
    exit: 3
    error: there is no image named `debain-12`
      hint: did you mean `debian-12`?
      hint: images of the site: debian-12, debian-12-tuned
    "#);
}

#[test]
fn a_misspelt_key_of_a_recipe_is_shown() {
    let wrong = ("host-images/debian-12.yml", "size: 2\npakages: [vim]\n");
    insta::assert_snapshot!(ymir(&[HOSTS, wrong], &BUILD), @r#"
    exit: 3
    error: reading host-images/debian-12.yml
      because: a recipe has no key `pakages`
       --> host-images/debian-12.yml:2:1
        |
      1 | size: 2
      2 | pakages: [vim]
        | ^ here
      hint: did you mean `packages`?
      hint: the keys of a recipe: architecture, distribution, kernel, kernel_arguments, name, packages, release, size, type, user
    "#);
}

#[test]
fn images_of_a_kayobe_site_are_known() {
    let site = [
        ("inventory/hosts", "[seed]\nseed0\n"),
        (
            "overcloud-dib.yml",
            "overcloud_dib_host_images:\n  - name: rocky9\n    elements: [rocky-container, vm]\n",
        ),
    ];
    insta::assert_snapshot!(ymir(&site, &[&BUILD[..], &["--check"]].concat()), @r#"
    exit: 0
    would change: rocky9
    1 of 1 could be looked at
    check of `overcloud host image build`: 1 step, nothing is changed
    -- build images: rocky9
    rocky9: build rocky9.qcow2: would change: it is not built yet
    "#);
    insta::assert_snapshot!(ymir(&site, &[&BUILD[..], &["rocky8"]].concat()), @r#"
    exit: 3
    error: there is no image named `rocky8`
      hint: did you mean `rocky9`?
      hint: images of the site: rocky9
    "#);
    let nameless =
        [site[0], ("overcloud-dib.yml", "overcloud_dib_host_images:\n  - elements: [vm]\n")];
    insta::assert_snapshot!(ymir(&nameless, &BUILD), @r#"
    exit: 3
    error: reading the image 1 of `overcloud_dib_host_images`
      because: it has no `name`
      set by: overcloud_dib_host_images (overcloud-dib.yml:2:3)
       --> overcloud-dib.yml:2:3
        |
      1 | overcloud_dib_host_images:
      2 |   - elements: [vm]
        |   ^ here
    "#);
}
