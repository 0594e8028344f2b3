//! The distribution's own repositories, read from a mirror.

/// A repository with those of its debugging symbols and sources.
struct Three {
    id: &'static str,
    /// What it is called, and how its two companions are.
    titles: [&'static str; 3],
    /// Where it is on the mirror.
    place: &'static str,
    enabled: bool,
}

const fn three(
    id: &'static str,
    titles: [&'static str; 3],
    place: &'static str,
    enabled: bool,
) -> Three {
    Three { id, titles, place, enabled }
}

const BASE: &[Three] = &[
    three("baseos", ["BaseOS", "BaseOS - Debug", "BaseOS - Source"], "BaseOS", true),
    three("appstream", ["AppStream", "AppStream - Debug", "AppStream - Source"], "AppStream", true),
    three("crb", ["CRB", "CRB - Debug", "CRB - Source"], "CRB", false),
];

const ADDONS: &[Three] = &[
    three(
        "highavailability",
        ["High Availability", "High Availability - Debug", "High Availability - Source"],
        "HighAvailability",
        false,
    ),
    three("nfv", ["NFV", "NFV Debug", "NFV Source"], "NFV", false),
    three("rt", ["Realtime", "Realtime Debug", "Realtime Source"], "RT", false),
    three("sap", ["SAP", "SAP Debug", "SAP Source"], "SAP", false),
    three("saphana", ["SAPHANA", "SAPHANA Debug", "SAPHANA Source"], "SAPHANA", false),
];

const EXTRAS: &[Three] = &[
    three("extras", ["Extras", "Extras Debug", "Extras Source"], "extras", true),
    three("plus", ["Plus", "Plus - Debug", "Plus - Source"], "plus", false),
];

const SECURITY: &[Three] =
    &[three("security", ["Security", "Security Debug", "Security Source"], "security", false)];

const DEVEL: &[Three] = &[three(
    "devel",
    [
        "Devel WARNING! FOR BUILDROOT ONLY DO NOT LEAVE ENABLED",
        "Devel Debug WARNING! FOR BUILDROOT ONLY DO NOT LEAVE ENABLED",
        "Devel Source WARNING! FOR BUILDROOT ONLY DO NOT LEAVE ENABLED",
    ],
    "devel",
    false,
)];

const FILES: [(&str, &[Three]); 5] = [
    ("rocky.repo", BASE),
    ("rocky-addons.repo", ADDONS),
    ("rocky-devel.repo", DEVEL),
    ("rocky-extras.repo", EXTRAS),
    ("rocky-security.repo", SECURITY),
];

/// Rocky Linux's files with their names, for a mirror `host/directory` and a major release.
pub(super) fn rocky(mirror: &str, major: &str) -> Vec<(String, String)> {
    let file = |(name, all): &(&str, &[Three])| {
        let sections = all.iter().map(|one| one.sections(mirror, major, name));
        ((*name).to_owned(), format!("# {name}\n{}", sections.collect::<String>()))
    };
    FILES.iter().map(file).collect()
}

impl Three {
    fn sections(&self, mirror: &str, major: &str, file: &str) -> String {
        let builds = file == "rocky-devel.repo";
        let kinds = [
            ("", "$basearch/os/"),
            ("-debuginfo", "$basearch/debug/tree/"),
            ("-source", "source/tree/"),
        ];
        let section = |(at, (ending, below)): (usize, &(&str, &str))| {
            let counted = at == 0 || builds;
            format!(
                "\n[{}{ending}]\nname=Rocky Linux $releasever - {}\n\
                 baseurl=http://{mirror}/$releasever/{}/{below}\ngpgcheck=1\nenabled={}\n{}{}\
                 gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-Rocky-{major}\n",
                self.id,
                self.titles[at],
                self.place,
                u8::from(at == 0 && self.enabled),
                if counted { "countme=1\n" } else { "" },
                if builds { "" } else { "metadata_expire=6h\n" },
            )
        };
        kinds.iter().enumerate().map(section).collect()
    }
}

/// EPEL's file, for a mirror `host/directory` and a major release.
pub(super) fn epel(mirror: &str, major: &str) -> String {
    let release = "$releasever${releasever_minor:+.$releasever_minor}";
    let kinds = [
        ("epel", "", "Everything/$basearch", 1),
        ("epel-debuginfo", " - Debug", "Everything/$basearch/debug", 0),
        ("epel-source", " - Source", "Everything/SRPMS", 0),
    ];
    let section = |(id, title, below, enabled): &(&str, &str, &str, u8)| {
        format!(
            "[{id}]\nname=Extra Packages for Enterprise Linux {release} - $basearch{title}\n\
             baseurl=http://{mirror}/{release}/{below}\nenabled={enabled}\ngpgcheck=1\n\
             gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-EPEL-{major}\nfastestmirror=0\n\n"
        )
    };
    kinds.iter().map(section).collect()
}
