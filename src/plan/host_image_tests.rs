use camino::Utf8PathBuf;

use super::*;
use crate::{
    model::{
        dib::{Dib as Dibs, DibBuilder},
        image::{Architecture, Base, Distribution, Mebibytes},
    },
    origin::{Origin, Setting, Sourced},
};

fn image(name: &str) -> HostImage {
    HostImage {
        name: name.into(),
        base: Base {
            distribution: Distribution::Debian,
            release: "bookworm".into(),
            architecture: Architecture::Amd64,
            kernel: "linux-image-amd64".into(),
        },
        size: Mebibytes(2048),
        packages: vec!["vim".into()],
        kernel_arguments: vec!["quiet".into()],
        user: "debian".into(),
    }
}

fn setting(variable: &str) -> Setting {
    Setting { variable: variable.into(), origin: Origin::whole("test") }
}

fn site(recipes: Vec<HostImage>, dib: Vec<DibImage>) -> Images {
    let value = Utf8PathBuf::from("/srv/images");
    Images {
        path: Sourced { value, setting: setting("ymir_image_path") },
        apt_sources: Vec::new(),
        recipes,
        dib: Dibs {
            images: dib,
            setting: setting("overcloud_dib_host_images"),
            builder: DibBuilder::default(),
        },
        described: std::collections::BTreeMap::new(),
        signing_key: None,
    }
}

fn named(names: &[&str]) -> Request {
    Request {
        names: names.iter().map(|name| (*name).into()).collect(),
        force: None,
        given: Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn one_lane_per_image_and_the_digest_in_the_action() {
    let site = site(vec![image("plain"), image("tuned")], vec![]);
    let plan = plan(&site, &named(&["tuned"])).unwrap();
    let Action::Image(ImageAction::HostImage(build)) = &plan.stages[0].lanes[0].steps[0].action
    else {
        panic!("{plan:?}");
    };
    assert_eq!(build.digest, recipe_digest(BUILDER, &image("tuned"), &[]));
    let id_digest = plan.stages[0].lanes[0].steps[0].id.rsplit('@').next().unwrap();
    let json = serde_json::to_string_pretty(&plan)
        .unwrap()
        .replace(&build.digest, "[digest]")
        .replace(id_digest, "[id]");
    insta::assert_snapshot!(json, @r#"
    {
      "command": "overcloud host image build",
      "stages": [
        {
          "name": "build images",
          "lanes": [
            {
              "subject": "tuned",
              "steps": [
                {
                  "id": "build-images/tuned/build-tuned.qcow2@[id]",
                  "title": "build tuned.qcow2",
                  "action": {
                    "driver": "image",
                    "action": {
                      "do": "host_image",
                      "recipe": {
                        "name": "tuned",
                        "base": {
                          "distribution": "debian",
                          "release": "bookworm",
                          "architecture": "amd64",
                          "kernel": "linux-image-amd64"
                        },
                        "size": 2048,
                        "packages": [
                          "vim"
                        ],
                        "kernel_arguments": [
                          "quiet"
                        ],
                        "user": "debian"
                      },
                      "digest": "[digest]",
                      "publish": "/srv/images"
                    }
                  }
                }
              ]
            }
          ]
        }
      ]
    }
    "#);
}

#[test]
fn the_digest_changes_with_the_recipe_and_with_nothing_else() {
    let before = recipe_digest(BUILDER, &image("a"), &[]);
    assert_eq!(before, recipe_digest(BUILDER, &image("a"), &[]));
    let changes: [fn(&mut HostImage); 5] = [
        |image| image.packages.push("git".into()),
        |image| image.kernel_arguments.clear(),
        |image| image.size = Mebibytes(4096),
        |image| image.base.release = "trixie".into(),
        |image| image.user = "ops".into(),
    ];
    for change in changes {
        let mut changed = image("a");
        change(&mut changed);
        assert_ne!(before, recipe_digest(BUILDER, &changed, &[]), "{changed:?}");
    }
    assert_ne!(
        before,
        recipe_digest(BUILDER, &image("a"), &["deb http://mirror bookworm main".into()])
    );
}

#[test]
fn an_unknown_image_is_told_with_the_known_ones() {
    let site = site(vec![image("debian-12"), image("debian-12-tuned")], vec![]);
    let trouble = plan(&site, &named(&["debain-12"])).unwrap_err();
    assert_eq!(trouble.what, "there is no image named `debain-12`");
    let hints = ["did you mean `debian-12`?", "images of the site: debian-12, debian-12-tuned"];
    assert_eq!(trouble.hints, hints);
}

fn dib(name: &str, force_rebuild: bool) -> DibImage {
    DibImage {
        name: name.into(),
        elements: vec!["debian".into(), "vm".into()],
        env: std::collections::BTreeMap::new(),
        secrets: std::collections::BTreeMap::new(),
        packages: vec![],
        size: None,
        r#type: Some("qcow2,raw".into()),
        architecture: Some("arm64".into()),
        force_rebuild,
    }
}

#[test]
fn images_of_diskimage_builder_are_built_beside_recipes() {
    let site = site(vec![image("plain")], vec![dib("other", false), dib("always", true)]);
    let plan = super::plan(&site, &named(&[])).unwrap();
    let lanes: Vec<_> = plan.stages[0].lanes.iter().map(|lane| lane.subject.as_str()).collect();
    assert_eq!(lanes, ["plain", "other", "always"]);
    let builds: Vec<_> = plan.stages[0].lanes[1..]
        .iter()
        .map(|lane| match &lane.steps[0].action {
            Action::Image(ImageAction::DibImage(build)) => build,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!((builds[0].built_after, builds[1].built_after), (None, Some(Timestamp::UNIX_EPOCH)));
    assert_eq!(
        site.files(),
        ["plain.qcow2", "other.qcow2", "other.raw", "always.qcow2", "always.raw"]
    );
    assert_eq!(site.architecture("other.raw").as_deref(), Some("aarch64"));
    let unknown = super::plan(&site, &named(&["nothing"])).unwrap_err();
    assert_eq!(unknown.what, "there is no image named `nothing`");
}
