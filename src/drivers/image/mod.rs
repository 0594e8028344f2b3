//! Builds host images and the deployment ramdisk, keeps them in the cache, and publishes them.
//!
//! A build works in a room of its own, a lock per image keeps two builds of one image apart, and only a finished and
//! inspected result leaves the room.

mod base;
mod checksum;
mod contained;
mod dib;
mod dib_tools;
mod disk;
mod esp;
mod host_image;
mod inspect;
pub mod listed;
mod manifest;
pub mod ramdisk;
mod ramdisk_modules;
mod ramdisk_slim;
mod ramdisk_tree;
mod room;
pub mod signature;
mod sources;
mod store;
mod tools;

use std::{sync::Arc, time::Duration};

use camino::{Utf8Path, Utf8PathBuf};
use futures::stream::BoxStream;
use jiff::Timestamp;

use self::{manifest::Wanted, room::Room};
use crate::{
    drivers::process::Run,
    plan::{
        action::{
            Action,
            image::{Build, ImageAction},
        },
        deployment_image,
    },
    run::driver::{Driver, Finding, Said, Task, Voice, apply_each, probe_each},
    secret::Secrets,
    trouble::{Result, Tell, Trouble},
};

/// No single step of a build takes this long, unless it hangs: a mirror that answers no more, for example.
const STEP_LIMIT: Duration = Duration::from_mins(30);

/// Performs [`ImageAction`]s on this machine.
pub struct ImageDriver {
    cache: Utf8PathBuf,
    /// How many images are worked on at once.
    at_once: usize,
    /// How many bytes are free in a directory.
    free: fn(&Utf8Path) -> Result<u64>,
    secrets: Arc<dyn Secrets>,
    /// Where the operator looks for programs.
    path: Option<String>,
}

impl ImageDriver {
    /// A driver that keeps bases, builds and logs under `cache`; `path` is where the operator looks for programs.
    pub fn new(cache: Utf8PathBuf, secrets: Arc<dyn Secrets>, path: Option<String>) -> Self {
        let at_once = std::thread::available_parallelism().map_or(1, usize::from);
        Self { cache, at_once, free: room::free, secrets, path }
    }

    async fn look(&self, task: Task<'_>) -> Result<Finding> {
        let faults = match action(task)? {
            ImageAction::HostImage(build) => Order::of(&build.recipe.name, build).faults().await?,
            ImageAction::DibImage(build) => {
                Order::of(&build.recipe.image.name, build).faults().await?
            }
            ImageAction::DeploymentImage(build) => {
                Order::of(deployment_image::NAME, build).faults().await?
            }
        };
        Ok(if faults.is_empty() { Finding::Satisfied } else { Finding::Differs(faults) })
    }

    async fn act(&self, task: Task<'_>, voice: Voice) -> Result<()> {
        match action(task)? {
            ImageAction::HostImage(build) => {
                let order = Order::of(&build.recipe.name, build);
                let make = async |workshop: &Workshop<'_>, room: &Room| {
                    tools::check(order.name, tools::HOST_IMAGE)?;
                    workshop.host_image(&build.recipe, room).await
                };
                self.fulfil(&order, voice, make).await
            }
            ImageAction::DibImage(build) => {
                let order = Order::of(&build.recipe.image.name, build);
                let make = async |workshop: &Workshop<'_>, room: &Room| {
                    let tools =
                        dib::Outside { secrets: &*self.secrets, path: self.path.as_deref() };
                    workshop.dib_image(&build.recipe, &tools, room).await
                };
                self.fulfil(&order, voice, make).await
            }
            ImageAction::DeploymentImage(build) => {
                let order = Order::of(deployment_image::NAME, build);
                let make = async |workshop: &Workshop<'_>, room: &Room| {
                    tools::check(order.name, tools::DEPLOYMENT_IMAGE)?;
                    workshop.deployment_image(&build.recipe, room).await
                };
                self.fulfil(&order, voice, make).await
            }
        }
    }

    /// Publishes the image, from the cache if it is there, else after building it.
    async fn fulfil(
        &self,
        order: &Order<'_>,
        voice: Voice,
        make: impl AsyncFnOnce(&Workshop<'_>, &Room) -> Result<()>,
    ) -> Result<()> {
        let workshop = order.workshop(&self.cache, voice);
        let lock = self.cache.join("images").join(format!("{}.lock", order.name));
        let _turn = workshop.wait_for(&lock, "another build of this image to end").await?;
        workshop.voice.progress("looking into the cache");
        let entry = store::entry(&self.cache, order.name, order.digest);
        if !order.faults_in(&entry).await?.is_empty() {
            room::check_free(order.name, &self.cache, (self.free)(&self.cache)?)?;
            let room = Room::new(&self.cache)?;
            let built = make(&workshop, &room).await;
            built.map_err(|trouble| with_log(trouble, &workshop.log))?;
            store::keep(&room.path("built"), &entry, &room)?;
        }
        workshop.voice.progress("publishing");
        let (name, directory) = (order.name.to_owned(), order.publish.to_owned());
        let work = move || store::publish(&entry, &name, &directory);
        let published = tokio::task::spawn_blocking(work).await;
        published.or_internal(|| "publishing an image".into())??;
        match order.sign {
            Some(key) => signature::sign(order.publish, order.name, key).await,
            None => Ok(()),
        }
    }
}

impl Driver for ImageDriver {
    fn probe<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        probe_each(tasks, self.at_once, |task, _| self.look(task))
    }

    fn apply<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        apply_each(tasks, self.at_once, |task, voice| self.act(task, voice))
    }
}

/// What of a build does not depend on what is built.
#[derive(Debug, Clone, Copy)]
struct Order<'a> {
    name: &'a str,
    digest: &'a str,
    apt_sources: &'a [String],
    publish: &'a Utf8Path,
    built_after: Option<Timestamp>,
    sign: Option<&'a Utf8Path>,
}

impl<'a> Order<'a> {
    fn of<R>(name: &'a str, build: &'a Build<R>) -> Self {
        Self {
            name,
            digest: &build.digest,
            apt_sources: &build.apt_sources,
            publish: &build.publish,
            built_after: build.built_after,
            sign: build.sign.as_deref(),
        }
    }

    async fn faults(&self) -> Result<Vec<String>> {
        let mut faults = self.faults_in(self.publish).await?;
        if self.sign.is_some() && faults.is_empty() {
            faults.extend(signature::fault(self.publish, self.name).await?);
        }
        Ok(faults)
    }

    /// Why the image in a directory is out of date; its files are read on a thread that may block.
    async fn faults_in(&self, dir: &Utf8Path) -> Result<Vec<String>> {
        let (dir, name) = (dir.to_owned(), self.name.to_owned());
        let (digest, built_after) = (self.digest.to_owned(), self.built_after);
        let look =
            move || manifest::faults(&dir, Wanted { name: &name, digest: &digest, built_after });
        tokio::task::spawn_blocking(look).await.or_internal(|| "looking at an image".into())?
    }

    fn workshop(&self, cache: &'a Utf8Path, voice: Voice) -> Workshop<'a> {
        Workshop {
            cache,
            log: cache.join("log").join(format!("image-{}.log", self.name)),
            digest: self.digest,
            apt_sources: self.apt_sources,
            built_after: self.built_after,
            voice,
        }
    }
}

/// What every part of a build needs.
#[derive(Debug)]
struct Workshop<'a> {
    cache: &'a Utf8Path,
    log: Utf8PathBuf,
    digest: &'a str,
    apt_sources: &'a [String],
    built_after: Option<Timestamp>,
    voice: Voice,
}

impl Workshop<'_> {
    /// Runs a command to its end, its output going to the build's log.
    async fn run(&self, run: Run) -> Result<()> {
        run.log(&self.log).time_limit(STEP_LIMIT).success().await.map(drop)
    }
}

fn action(task: Task<'_>) -> Result<&ImageAction> {
    match &task.step.action {
        Action::Image(action) => Ok(action),
        _ => Err(Trouble::internal(format!("{} is no step for the image builder", task.step.id))),
    }
}

fn with_log(trouble: Trouble, log: &Utf8Path) -> Trouble {
    if !log.exists() {
        return trouble;
    }
    trouble.hint(format!("the whole output of the build is in {log}"))
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;

    use super::*;
    use crate::{
        model::image::{Base, DeploymentImage, Hardware},
        run::driver::Word,
        secret::KnownSecrets,
    };

    #[tokio::test]
    async fn a_build_does_not_begin_on_a_full_disk() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Utf8Path::from_path(dir.path()).unwrap();
        let driver = ImageDriver {
            free: |_| Ok(1 << 30),
            ..ImageDriver::new(cache.join("cache"), Arc::new(KnownSecrets::default()), None)
        };
        let base = serde_json::json!({
            "distribution": "debian", "release": "bookworm", "architecture": "amd64", "kernel": "k",
        });
        let base: Base = serde_json::from_value(base).unwrap();
        let (agent, packages, hardware) = ("1".into(), Vec::new(), Hardware::Virtual);
        let image = DeploymentImage { base, agent, packages, hardware };
        let plan = deployment_image::plan(&image, &[], (&cache.join("http"), None), None);
        let step = &plan.stages[0].lanes[0].steps[0];
        let mut said: Vec<_> =
            driver.apply(vec![Task { subject: "ipa", step }]).collect::<Vec<_>>().await;
        let Some(Word::Applied(Err(trouble))) = said.pop().map(|said| said.word) else {
            panic!("it was built")
        };
        assert_eq!(trouble.kind, crate::trouble::Kind::Refused);
        assert!(trouble.causes[0].ends_with(", and 1 GiB are free"), "{trouble}");
        assert!(trouble.hints[0].contains("YMIR_CACHE_DIR"), "{trouble:?}");
        assert!(!cache.join("cache/building").exists());
    }
}
