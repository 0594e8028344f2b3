//! Files that are templates: how they are read, and where each line comes from.

use super::{VARIABLES, scope::TestScope};
use crate::{
    ansible::template::{Evaluator, Lines, Reading},
    trouble::Result,
};

fn rendered(text: &str, reading: Reading) -> Result<Lines> {
    let scope = TestScope::of(&format!("{VARIABLES}\nbroken: '{{{{ nope }}}}'\n"));
    Evaluator::new(scope).render(&Lines::of_file(&"x.conf".into(), text), reading)
}

/// The text, and the numbers of the lines that its lines come from.
fn told(text: &str, reading: Reading) -> (String, Vec<u32>) {
    let lines = rendered(text, reading).unwrap();
    (lines.text, lines.origins.iter().map(|origin| origin.line).collect())
}

/// What ansible-core 2.21.5 and the merging modules of Kayobe 21.0.0 make of the same files.
#[test]
fn files_are_read_as_ansible_reads_them() {
    let table: &[(&str, Reading, &str, &[u32])] = &[
        ("a\nb\n", Reading::Plain, "a\nb\n", &[1, 2]),
        ("{% if name %}\na\n{% endif %}\nb\n", Reading::Plain, "a\nb\n", &[2, 4]),
        ("{% if name == 'x' %}\na\n{% endif %}\n", Reading::Plain, "", &[]),
        ("  {% if name %}\n  a\n  {% endif %}\n", Reading::Plain, "    a\n  \n", &[1, 3]),
        ("  {% if name %}\n  a\n  {% endif %}\n", Reading::Stripped, "  a\n", &[2]),
        (
            "{% for x in [1, 2] %}\nx={{ x }}\n{% endfor %}\nend",
            Reading::Plain,
            "x=1\nx=2\nend",
            &[2, 2, 4],
        ),
        ("a\n{{ 'x\\ny' }}\nb\n", Reading::Plain, "a\nx\ny\nb\n", &[1, 2, 2, 3]),
        ("a\n{{ 'x\\ny' }}\nb\n", Reading::Merged, "a\nx\\ny\nb\n", &[1, 2, 3]),
        ("{% raw %}\n{{ a }}\n{% endraw %}\nb", Reading::Plain, "\n{{ a }}\nb", &[1, 2, 4]),
        ("{# why #}\n\n{{ name }}\n\n", Reading::Plain, "\nymir\n\n", &[2, 3, 3]),
        ("{% include 'motd.j2' %}\nx\n", Reading::Plain, "Welcome to ymirx\n", &[1]),
        ("a\r\nb {{ name }}\r\n", Reading::Plain, "a\nb ymir\n", &[1, 2]),
        ("a\r\nb\r\n", Reading::Plain, "a\r\nb\r\n", &[1, 2]),
        ("{{ true }}", Reading::Plain, "True", &[1]),
        ("", Reading::Plain, "", &[]),
    ];
    for (text, reading, expected, lines) in table {
        assert_eq!(told(text, *reading), ((*expected).to_owned(), lines.to_vec()), "{text:?}");
    }
}

#[test]
fn faults_name_their_place_in_the_file() {
    let told = |text: &str| {
        let trouble = rendered(text, Reading::Stripped).unwrap_err();
        let settings = trouble.settings.iter().map(|setting| format!(" {setting}"));
        let at = trouble.origin.as_ref().unwrap();
        format!("{trouble} [{at}]{}", settings.collect::<String>())
    };
    let table = [
        ("a\n{{ nope }}\n", "'nope' is undefined [x.conf:2:4]"),
        (
            "{% raw %}\n\n{% endraw %}\n{% if broken %}\n{% endif %}\n",
            "'nope' is undefined: needed through `broken` [x.conf:4:7] broken (site.yml:39:9)",
        ),
        (
            "a\nb\n{{ x y }}\n",
            "Syntax error in template: unexpected identifier, expected end of variable block [x.conf:3:6]",
        ),
        (
            "{% for x in [1] %}\n{{ x.y.z }}\n{% endfor %}\n",
            "object of type 'int' has no attribute 'y' [x.conf:2:6]",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(told(text), format!("h0: rendering x.conf: {expected}"));
    }
}
