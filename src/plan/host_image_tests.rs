use camino::Utf8PathBuf;

use super::*;
use crate::{
    model::image::{Architecture, Base, Distribution, Mebibytes},
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

fn site(catalogue: Catalogue) -> Images {
    let value = Utf8PathBuf::from("/srv/images");
    Images {
        path: Sourced { value, setting: setting("ymir_image_path") },
        apt_sources: Vec::new(),
        catalogue,
    }
}

fn named(names: &[&str]) -> Request {
    Request { names: names.iter().map(|name| (*name).into()).collect(), force: None }
}

#[test]
fn one_lane_per_image_and_the_digest_in_the_action() {
    let site = site(Catalogue::Recipes(vec![image("plain"), image("tuned")]));
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
    let site = site(Catalogue::Recipes(vec![image("debian-12"), image("debian-12-tuned")]));
    let trouble = plan(&site, &named(&["debain-12"])).unwrap_err();
    assert_eq!(trouble.what, "there is no image named `debain-12`");
    let hints = ["did you mean `debian-12`?", "images of the site: debian-12, debian-12-tuned"];
    assert_eq!(trouble.hints, hints);
}

#[test]
fn images_of_diskimage_builder_are_known_but_not_built() {
    let setting = setting("overcloud_dib_host_images");
    let names = vec!["deployment_image".to_owned()];
    let files = vec!["deployment_image.qcow2".to_owned()];
    let site = site(Catalogue::DiskImageBuilder { names, files, setting: setting.clone() });
    let trouble = plan(&site, &named(&["deployment_image"])).unwrap_err();
    assert_eq!(trouble.settings, [setting]);
    let unknown = plan(&site, &named(&["other"])).unwrap_err();
    assert_eq!(unknown.what, "there is no image named `other`");
}
