use serde_json::{Value, json};

use super::{Data, Node, parse};

/// A tree as JSON, with markers for what JSON has not.
fn shape(node: &Node) -> Value {
    match &node.data {
        Data::Null => Value::Null,
        Data::Bool(value) => json!(value),
        Data::Int(value) => json!(i64::try_from(*value).unwrap()),
        Data::Float(value) if value.is_finite() => json!(value),
        Data::Float(value) => json!({ "float": value.to_string() }),
        Data::Moment(moment) => json!({ "date": moment.to_string() }),
        Data::Text(text) => json!(text),
        Data::Unsafe(text) => json!({ "unsafe": text }),
        Data::Vault(text) => json!({ "vault": text }),
        Data::List(items) => items.iter().map(shape).collect(),
        Data::Map(pairs) => pairs
            .iter()
            .map(|(key, value)| {
                let key = shape(key);
                (key.as_str().map_or_else(|| key.to_string(), str::to_owned), shape(value))
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

fn read(text: &str) -> Value {
    shape(&parse(text, &"t.yml".into()).unwrap_or_else(|trouble| panic!("{text}: {trouble}")))
}

fn refused(text: &str) -> String {
    match parse(text, &"t.yml".into()) {
        Ok(node) => panic!("{text} is accepted as {}", shape(&node)),
        Err(trouble) => {
            let origin = trouble.origin.as_ref().unwrap();
            format!("{}:{}: {}", origin.line, origin.column, trouble.causes.join("; "))
        }
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn plain_scalars_mean_what_pyyaml_makes_of_them() {
    let table = [
        ("", json!(null)),
        ("~", json!(null)),
        ("NULL", json!(null)),
        ("nULL", json!("nULL")),
        ("yes", json!(true)),
        ("Off", json!(false)),
        ("y", json!("y")),
        ("tRUE", json!("tRUE")),
        ("0", json!(0)),
        ("-0", json!(0)),
        ("0644", json!(420)),
        ("0o644", json!("0o644")),
        ("089", json!("089")),
        ("0x1F", json!(31)),
        ("-0b101", json!(-5)),
        ("1_000", json!(1000)),
        ("_1", json!("_1")),
        ("12:30", json!(750)),
        ("12:60", json!("12:60")),
        ("190:20:30", json!(685_230)),
        ("01:02", json!("01:02")),
        ("52:54:00:aa:00:01", json!("52:54:00:aa:00:01")),
        ("1e3", json!("1e3")),
        ("1.5e3", json!("1.5e3")),
        ("1.5e+3", json!(1500.0)),
        ("1.", json!(1.0)),
        (".5", json!(0.5)),
        ("+.5", json!("+.5")),
        ("._5", json!("._5")),
        ("-1.5", json!(-1.5)),
        ("1:30.5", json!(90.5)),
        (".inf", json!({"float": "inf"})),
        ("-.INF", json!({"float": "-inf"})),
        (".NaN", json!({"float": "NaN"})),
        ("-.nan", json!("-.nan")),
        ("1.2.3", json!("1.2.3")),
        ("10.0.0.0/8", json!("10.0.0.0/8")),
        ("2001-01-02", json!({"date": "2001-01-02"})),
        ("2001-1-2", json!("2001-1-2")),
        ("2001-12-14t21:59:43.10-05:00", json!({"date": "2001-12-14T21:59:43.100000-05:00"})),
        ("2001-12-14 21:59:43 Z", json!({"date": "2001-12-14T21:59:43+00:00"})),
        ("2001-1-2 3:04:05", json!({"date": "2001-01-02T03:04:05"})),
        ("2001-01-02 03:04:05 -1:75", json!({"date": "2001-01-02T03:04:05-02:15"})),
        ("!!timestamp 2001-1-2", json!({"date": "2001-01-02"})),
        ("'yes'", json!("yes")),
        ("\"0644\"", json!("0644")),
        ("!!str 12", json!("12")),
        ("! 12", json!(12)),
        ("!", json!("")),
        ("! |\n", json!(null)),
        ("! |\n  12\n", json!(12)),
        ("!!int 0o17", json!(15)),
        ("!!python/unicode 12", json!("12")),
        ("!!int '12'", json!(12)),
        ("!!float 3", json!(3.0)),
        ("!unsafe '{{ a }}'", json!({"unsafe": "{{ a }}"})),
        ("!vault |\n    $ANSIBLE_VAULT", json!({"vault": "$ANSIBLE_VAULT\n"})),
    ];
    for (text, expected) in table {
        assert_eq!(read(&format!("a: {text}\n"))["a"], expected, "{text}");
    }
}

#[test]
fn structure_follows_pyyaml() {
    let table = [
        ("", json!(null)),
        ("---\n", json!(null)),
        ("a: 1\na: 2\nb: 3", json!({"a": 2, "b": 3})),
        ("1: a\ntrue: b", json!({"1": "b"})),
        ("a: &x {b: 1}\nc: *x", json!({"a": {"b": 1}, "c": {"b": 1}})),
        (
            "a: &x {b: 1, c: 1}\nd: {<<: *x, c: 2}",
            json!({"a": {"b": 1, "c": 1}, "d": {"b": 1, "c": 2}}),
        ),
        ("d: {<<: [{a: 1}, {a: 2, b: 2}]}", json!({"d": {"a": 1, "b": 2}})),
        ("'<<': 1", json!({"<<": 1})),
        ("=: 1", json!({"=": 1})),
        (
            "a: !unsafe [x, {y: z}]",
            json!({"a": [{"unsafe": "x"}, {"{\"unsafe\":\"y\"}": {"unsafe": "z"}}]}),
        ),
        ("a: !!set {x, y}", json!({"a": ["x", "y"]})),
        ("a: !!omap [x: 1, y: 2]", json!({"a": [["x", 1], ["y", 2]]})),
        ("<<: !!str [!foo {a: 1}]", json!({"a": 1})),
        ("!!merge x: !unsafe {a: b}", json!({"a": "b"})),
        ("a: !!int {=: '7'}", json!({"a": 7})),
        ("a: [&x b, !unsafe [*x]]", json!({"a": ["b", ["b"]]})),
        ("a: [[&x b], !unsafe [*x]]", json!({"a": [[{"unsafe": "b"}], [{"unsafe": "b"}]]})),
    ];
    for (text, expected) in table {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn what_pyyaml_refuses_is_refused_with_its_place() {
    let table = [
        ("a: [1", "2:1: did not find"),
        ("a: b\n  c: d", "2:4: mapping values are not allowed"),
        ("a: {{ b }}", "a map cannot be a key"),
        ("a: *x", "there is no anchor `&x` before"),
        ("a: &x 1\nb: &x 2", "the anchor `&x` is given twice"),
        ("a: &x [*x]", "inside its own anchor"),
        ("a: =", "must be quoted"),
        ("a: !foo b", "the tag `!foo` is not known"),
        ("a: 1\n---\nb: 2", "a second document"),
        ("a: 2001-13-45", "is not a date"),
        ("a: 0b_", "is not an integer"),
        ("a: ! |\n  yes\n", "is not a boolean"),
        ("a: 0000-01-01", "is not a date"),
        ("a: 2001-01-01 10:00:00 +24:00", "is not a date"),
        ("!vault a: b", "a vault value cannot be a key"),
        ("!!merge a", "only a key merges"),
        ("<<: 1", "`<<` wants a map"),
        ("a: \u{1}", "control characters are not allowed"),
    ];
    for (text, expected) in table {
        let message = refused(text);
        assert!(message.contains(expected), "{text}: {message}");
    }
}

#[test]
fn hostile_files_end_in_an_error() {
    let deep = "[".repeat(5000);
    assert!(refused(&deep).contains("nested more than 100 deep"));
    let bomb: String = (1..12).fold("a0: &a0 x\n".to_owned(), |text, level| {
        let aliases = format!("*a{},", level - 1).repeat(9);
        format!("{text}a{level}: &a{level} [{aliases}]\n")
    });
    assert!(refused(&bomb).contains("grows beyond"));
    let ladder: String = (1..5000).fold("a0: &a0 x\n".to_owned(), |text, level| {
        format!("{text}a{level}: &a{level} [*a{}]\n", level - 1)
    });
    assert!(refused(&ladder).contains("aliases nest more than 100 deep"));
    assert!(refused(&"# x\n".repeat(5 << 20)).contains("16 MiB"));
}

#[test]
fn nodes_know_their_place() {
    let node = parse("a: 1\nb:\n  - x\n  - y: 2\n", &"t.yml".into()).unwrap();
    let Data::List(items) = &node.get("b").unwrap().data else { panic!("a list") };
    assert_eq!(node.get("a").unwrap().origin.to_string(), "t.yml:1:4");
    assert_eq!(items[1].get("y").unwrap().origin.to_string(), "t.yml:4:8");
}

#[test]
fn a_fault_shows_its_lines() {
    let trouble = parse("a: 1\nb: [1, 2\nc: 3\n", &"common/t.yml".into()).unwrap_err();
    insta::assert_snapshot!(trouble.excerpt.as_deref().unwrap(), @r"
     --> common/t.yml:3:2
      |
    1 | a: 1
    2 | b: [1, 2
    3 | c: 3
      |  ^ here
    ");
    let secret = super::parse_secret("a: 1\nb: [1, 2\nc: 3\n", &"t.yml".into()).unwrap_err();
    assert_eq!(secret.excerpt, None);
}

#[test]
fn tags_mean_what_ansible_makes_of_them() {
    let table = [
        ("[! 1, ! \"2\"]", json!([1, 2])),
        ("[!unsafe '2', !unsafe a, !unsafe '']", json!([2, {"unsafe": "a"}, null])),
    ];
    for (text, expected) in table {
        assert_eq!(read(text), expected, "{text}");
    }
    for text in ["[<<]", "!!str [1]", "!vault 1"] {
        refused(text);
    }
}
