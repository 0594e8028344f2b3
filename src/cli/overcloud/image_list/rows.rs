//! One row for each image: what the site says of it, what is published, and who runs it. Pure.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    drivers::{
        image::listed::{Published, PublishedFile},
        ironic::running::Image,
    },
    model::image::Images,
};

/// What is known without the hosts.
pub(super) struct Known<'a> {
    pub images: &'a Images,
    /// By the images' names, as they would be built now.
    pub digests: &'a [(&'a str, String)],
    pub published: &'a [Published],
    /// Where images are published.
    pub url: &'a str,
}

/// A host and its image.
#[derive(Debug, Clone)]
pub(super) struct Host {
    pub name: String,
    /// The file that it is meant to run.
    pub wanted: String,
    /// Its Ironic could be asked.
    pub asked: bool,
    pub runs: Option<Image>,
    pub instance: Option<String>,
}

/// How an image stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    UpToDate,
    /// Its recipe says something else by now, or the builder does.
    OutOfDate,
    NotBuilt,
    /// Its files are missing, or not as long as they were.
    Damaged,
    /// Fetched by Ironic from where the site says.
    Elsewhere,
    /// Published, and the site says nothing of it.
    LeftOver,
    /// Hosts are meant to run it or do, and nothing else is known of it.
    Unknown,
}

impl State {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::UpToDate => "up to date",
            Self::OutOfDate => "out of date",
            Self::NotBuilt => "not built",
            Self::Damaged => "damaged",
            Self::Elsewhere => "elsewhere",
            Self::LeftOver => "left over",
            Self::Unknown => "unknown",
        }
    }
}

/// One image.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    pub file: String,
    /// Where it is described.
    pub from: String,
    pub state: State,
    pub built_at: Option<Timestamp>,
    pub size: Option<u64>,
    pub checksum: Option<String>,
    pub architecture: Option<String>,
    pub kernel: Option<String>,
    pub signed: bool,
    /// Hosts that are meant to run it.
    pub meant: Vec<String>,
    pub runs: Vec<Runs>,
    #[serde(skip)]
    pub image: Image,
}

/// A host that runs an image.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Runs {
    pub host: String,
    pub instance_uuid: Option<String>,
    /// It runs the build that is published now.
    pub this_build: bool,
}

pub(super) fn rows(known: &Known<'_>, hosts: &[Host]) -> Vec<Row> {
    let mut rows = described(known);
    rows.extend(left_over(known));
    for host in hosts {
        let at = place(&mut rows, known, &host.wanted);
        rows[at].meant.push(host.name.clone());
        if let Some(image) = &host.runs {
            run(&mut rows, host, image);
        }
    }
    rows
}

/// Images that the site builds or describes.
fn described(known: &Known<'_>) -> Vec<Row> {
    let images = known.images;
    let recipes = images.recipes.iter().map(|image| {
        (image.name.as_str(), image.file(), format!("host-images/{}.yml", image.name))
    });
    let dib = images.dib.images.iter().flat_map(|image| {
        let from = images.dib.setting.variable.clone();
        image.files().into_iter().map(move |file| (image.name.as_str(), file, from.clone()))
    });
    let built = recipes.chain(dib).map(|(name, file, from)| built(known, name, file, from));
    let others = images.described.iter().map(|(name, source)| {
        let checksum = match &source.checksum {
            Some(crate::model::image_source::Checksum::Value(sum)) => Some(sum.to_string()),
            _ => None,
        };
        let here = known.images.path.value.join(name).metadata().ok();
        let state = match (&source.url, &here) {
            (Some(_), _) => State::Elsewhere,
            (None, Some(_)) => State::UpToDate,
            (None, None) => State::Damaged,
        };
        let mut row =
            row(known, name.clone(), crate::resolve::image_source::VARIABLE.into(), state);
        row.size = here.filter(|_| source.url.is_none()).map(|about| about.len());
        row.image.source = source.url.clone().unwrap_or(row.image.source);
        row.image.checksum.clone_from(&checksum);
        row.checksum = checksum;
        row
    });
    built.chain(others).collect()
}

fn built(known: &Known<'_>, name: &str, file: String, from: String) -> Row {
    let Some(published) = known.published.iter().find(|published| published.name == name) else {
        return row(known, file, from, State::NotBuilt);
    };
    let own = published.files.iter().find(|own| own.file == file);
    let current =
        known.digests.iter().any(|(of, digest)| *of == name && *digest == published.digest);
    let state = match own {
        Some(own) if own.there && current => State::UpToDate,
        Some(own) if own.there => State::OutOfDate,
        _ => State::Damaged,
    };
    with_file(row(known, file, from, state), published, own)
}

/// What is published and nobody describes, but for the deployment ramdisk.
fn left_over(known: &Known<'_>) -> Vec<Row> {
    let names = known.images.names();
    let forgotten = known.published.iter().filter(|published| {
        !names.contains(&published.name.as_str())
            && published.name != crate::plan::deployment_image::NAME
            && !known
                .images
                .described
                .keys()
                .any(|file| published.files.iter().any(|own| own.file == *file))
    });
    let rows = forgotten.flat_map(|published| {
        let disks = published.files.iter().filter(|own| !own.file.ends_with(".sha256"));
        disks.map(move |own| {
            with_file(
                row(known, own.file.clone(), "nothing".into(), State::LeftOver),
                published,
                Some(own),
            )
        })
    });
    rows.collect()
}

fn row(known: &Known<'_>, file: String, from: String, state: State) -> Row {
    let source = if file.contains("://") {
        file.clone()
    } else {
        format!("{}/{file}", known.url.trim_end_matches('/'))
    };
    Row {
        architecture: known.images.architecture(&file),
        image: Image { source, checksum: None },
        file,
        from,
        state,
        built_at: None,
        size: None,
        checksum: None,
        kernel: None,
        signed: false,
        meant: Vec::new(),
        runs: Vec::new(),
    }
}

fn with_file(row: Row, published: &Published, own: Option<&PublishedFile>) -> Row {
    let checksum = own.map(|own| format!("sha256:{}", own.sha256));
    Row {
        built_at: Some(published.built_at),
        kernel: Some(published.kernel.clone()).filter(|kernel| kernel != "unknown"),
        signed: published.signed,
        size: own.map(|own| own.size),
        image: Image { checksum: checksum.clone(), ..row.image },
        checksum,
        ..row
    }
}

/// The row of the image with this file, made if there is none.
fn place(rows: &mut Vec<Row>, known: &Known<'_>, file: &str) -> usize {
    if let Some(at) = rows.iter().position(|row| row.file == file) {
        return at;
    }
    let here = known.images.path.value.join(file).metadata().ok();
    let mut new = row(known, file.to_owned(), "nothing".into(), State::Unknown);
    new.size = here.map(|about| about.len());
    rows.push(new);
    rows.len() - 1
}

/// Notes which image a host runs: the one with the same content, else the one from the same place.
fn run(rows: &mut Vec<Row>, host: &Host, image: &Image) {
    let same = rows
        .iter()
        .position(|row| row.image.checksum.is_some() && row.image.checksum == image.checksum);
    let from = || rows.iter().position(|row| row.image.source == image.source);
    let at = same.or_else(from).unwrap_or_else(|| {
        let file = image.source.clone();
        rows.push(Row {
            file,
            from: "nothing".into(),
            state: State::Unknown,
            built_at: None,
            size: None,
            checksum: image.checksum.clone(),
            architecture: None,
            kernel: None,
            signed: false,
            meant: Vec::new(),
            runs: Vec::new(),
            image: image.clone(),
        });
        rows.len() - 1
    });
    let this_build = image.differs(&rows[at].image).is_none();
    let runs = Runs { host: host.name.clone(), instance_uuid: host.instance.clone(), this_build };
    rows[at].runs.push(runs);
}
