//! Files, programs and options that cannot be read: each kind of fault has its place, the lines around it, and a step.

use super::messages::{Site, x};

/// What is said of each of these texts as a file of extra variables.
fn each(texts: &[&str]) -> String {
    texts.iter().map(|text| x(text)).collect::<Vec<_>>().join("\n")
}

/// What is said of each of these texts as a file of this name beside the inventory.
fn inventories(file: &str, texts: &[&str]) -> String {
    let said = |text: &&str| Site::new(&[(file, text)]).x();
    texts.iter().map(said).collect::<Vec<_>>().join("\n")
}

#[test]
fn brackets_quotes_and_indentation() {
    let texts = ["a: [1, 2\nb: 3\n", "a:\n    b: 1\n  c: 2\n", "a: \"b\n", "a: \"\\q\"\n"];
    insta::assert_snapshot!(each(&texts), @r#"
    exit 3
    error: reading globals.yml
      because: did not find expected ',' or ']' while parsing a flow sequence
       --> globals.yml:2:2
        |
      1 | a: [1, 2
      2 | b: 3
        |  ^ here
      hint: close the bracket or brace, and quote text that holds one

    exit 3
    error: reading globals.yml
      because: did not find expected key while parsing a block mapping
       --> globals.yml:3:3
        |
      1 | a:
      2 |     b: 1
      3 |   c: 2
        |   ^ here
      hint: indent the lines of one map or list alike

    exit 3
    error: reading globals.yml
      because: found unexpected end of stream while scanning a quoted scalar
       --> globals.yml:1:6
        |
      1 | a: "b
        |      ^ here
      hint: close the quotation mark before the end of the file

    exit 3
    error: reading globals.yml
      because: found unknown escape character while parsing a quoted scalar
       --> globals.yml:1:5
        |
      1 | a: "\q"
        |     ^ here
      hint: write `\\` for a backslash between double quotes, or use single quotes
    "#);
}

#[test]
fn text_that_lacks_quotes() {
    let texts = ["a: {{ b }}\n", "a: @b\n", "a: !b c\n", "a: *b\n", "a: b: c\n"];
    insta::assert_snapshot!(each(&texts), @"
    exit 3
    error: reading globals.yml
      because: a map cannot be a key
       --> globals.yml:1:5
        |
      1 | a: {{ b }}
        |     ^ here
      hint: quote a value that begins with `{{`

    exit 3
    error: reading globals.yml
      because: found character that cannot start any token while scanning for the next token
       --> globals.yml:1:4
        |
      1 | a: @b
        |    ^ here
      hint: quote text that begins with `@`, `` ` `` or `%`

    exit 3
    error: reading globals.yml
      because: the tag `!b` is not known
       --> globals.yml:1:4
        |
      1 | a: !b c
        |    ^ here
      hint: Ansible knows `!vault` and `!unsafe`; quote text that begins with `!`

    exit 3
    error: reading globals.yml
      because: there is no anchor `&b` before
       --> globals.yml:1:4
        |
      1 | a: *b
        |    ^ here
      hint: quote text that begins with `*`

    exit 3
    error: reading globals.yml
      because: mapping values are not allowed in this context
       --> globals.yml:1:5
        |
      1 | a: b: c
        |     ^ here
      hint: indent the line like those beside it, or quote text that holds `: `
    ");
}

#[test]
fn characters_that_are_none() {
    insta::assert_snapshot!(each(&["a: b\u{7}\n", "a: b\0\n", "\u{feff}a: [\n"]), @r"
    exit 3
    error: reading globals.yml
      because: control characters are not allowed
       --> globals.yml:1:5
        |
      1 | a: b␇
        |     ^ here
      hint: remove the character, or write its number between double quotes: `\x07`

    exit 3
    error: reading globals.yml
      because: control characters are not allowed
       --> globals.yml:1:5
        |
      1 | a: b␀
        |     ^ here
      hint: remove the character, or write its number between double quotes: `\x00`

    exit 3
    error: reading globals.yml
      because: did not find expected node content while parsing a flow node
       --> globals.yml:1:6
        |
      1 | ﻿a: [
        |     ^ here
      hint: close the bracket or brace, and quote text that holds one
    ");
    let site = Site::new(&[]);
    site.write("globals.yml", b"a: 1\na_password: hunter2\nb: caf\xe9\n");
    insta::assert_snapshot!(site.x(), @"
    exit 3
    error: reading globals.yml
      because: the byte 0xe9 is not UTF-8 text
       --> globals.yml:3:7
        |
      1 | a: 1
      2 | a_password: ******
      3 | b: caf�
        |       ^ here
      hint: save the file as UTF-8
    ");
    site.write("globals.yml", b"{}\n");
    site.write("inventory/hosts", b"ctl1 a=\xff\n");
    insta::assert_snapshot!(site.x(), @"
    exit 3
    error: reading inventory/hosts
      because: the byte 0xff is not UTF-8 text
       --> inventory/hosts:1:8
        |
      1 | ctl1 a=�
        |        ^ here
      hint: save the file as UTF-8
    ");
}

#[test]
fn values_of_a_shape_that_is_not_taken() {
    let texts = ["- a\n", "? [a]\n: b\n", "a: 1\n---\nb: 1\n", "a: 2020-13-45\n", "a: !!int b\n"];
    insta::assert_snapshot!(each(&texts), @"
    exit 3
    error: reading variables from globals.yml
      because: it holds a list, not a map of variables
       --> globals.yml:1:1
        |
      1 | - a
        | ^ here
      hint: set a variable in it, write `{}`, or remove the file: Ansible refuses one without variables

    exit 3
    error: reading globals.yml
      because: a list cannot be a key
       --> globals.yml:1:3
        |
      1 | ? [a]
        |   ^ here
      hint: let the name be text, and move what it holds to the value

    exit 3
    error: reading globals.yml
      because: a second document begins here
       --> globals.yml:2:1
        |
      1 | a: 1
      2 | ---
        | ^ here
      hint: a configuration file is one document: remove the `---`

    exit 3
    error: reading globals.yml
      because: `2020-13-45` is not a date; quote it if it is text
       --> globals.yml:1:4
        |
      1 | a: 2020-13-45
        |    ^ here

    exit 3
    error: reading globals.yml
      because: `b` is not an integer of at most 128 bits; quote it if it is text
       --> globals.yml:1:4
        |
      1 | a: !!int b
        |    ^ here
    ");
}

#[test]
fn files_without_measure() {
    let entry = |depth: usize| format!("{}-\n", " ".repeat(depth));
    let deep: String = (0..2000).map(entry).collect();
    let line =
        |at: usize| format!("a{at}: &a{at} [{}]\n", vec![format!("*a{}", at - 1); 9].join(","));
    let many: String = (1..9).map(line).collect();
    let said = each(&[&deep, &format!("a0: &a0 [1]\n{many}"), &"a: b\n".repeat(4_000_000)]);
    let lines = said.lines().map(|line| line.trim_end_matches("^ here").trim_end());
    let short = |line: &str| line.split("        ").next().unwrap_or_default().to_owned();
    insta::assert_snapshot!(lines.map(short).collect::<Vec<_>>().join("\n"), @"
    exit 3
    error: reading globals.yml
      because: lists and maps are nested more than 100 deep here
         --> globals.yml:101:101
          |
       99 | ...
      100 | ...
      101 | ...
          |
      hint: let variables of their own hold what is inside

    exit 3
    error: reading globals.yml
      because: the file grows beyond two million values here
       --> globals.yml:1:5
        |
      1 | a0: &a0 [1]
        |
      hint: aliases of aliases multiply; write fewer of them

    exit 3
    error: reading globals.yml
      because: the file has more than 16 MiB
       --> globals.yml:1:1
        |
      1 | a: b
        |
      hint: split it
    ");
}

#[test]
fn vault_texts_that_are_damaged() {
    let texts = [
        "x: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3335\n",
        "x: !vault |\n  $ANSIBLE_VAULT;1.1;DES\n  3335\n",
        "x: !vault |\n  3335\n",
        "x: !vault [a]\n",
    ];
    insta::assert_snapshot!(each(&texts), @"
    exit 3
    error: ctl1: evaluating `x`
      because: opening the vault text at globals.yml:1:4
      because: the text is damaged
      set by: x (globals.yml:1:4)
       --> globals.yml:1:4
        |
      1 | x: !vault |
        |    ^ here
      hint: take it from a copy as `ansible-vault` wrote it, or encrypt the secret anew

    exit 3
    error: ctl1: evaluating `x`
      because: opening the vault text at globals.yml:1:4
      because: its cipher is not AES256
      set by: x (globals.yml:1:4)
       --> globals.yml:1:4
        |
      1 | x: !vault |
        |    ^ here
      hint: take it from a copy as `ansible-vault` wrote it, or encrypt the secret anew

    exit 3
    error: reading globals.yml
      because: `!vault` wants text, not an integer
       --> globals.yml:1:4
        |
      1 | x: !vault |
        |    ^ here

    exit 3
    error: reading globals.yml
      because: the tag does not fit a list
       --> globals.yml:1:4
        |
      1 | x: !vault [a]
        |    ^ here
    ");
    let file = Site::new(&[("secrets.yml", "$ANSIBLE_VAULT;1.1;AES256\n3335\n")]);
    insta::assert_snapshot!(file.x(), @"
    exit 3
    error: opening the vault text at secrets.yml
      because: the text is damaged
      at: secrets.yml
      hint: take it from a copy as `ansible-vault` wrote it, or encrypt the secret anew
    ");
}

#[test]
fn lines_of_an_inventory() {
    let texts = [
        "[web\n",
        "h[1:x]\n",
        "h[a:]\n",
        "[a:children]\nb\n",
        "[a:children]\nb\n[b:children]\na\n",
        "[a:vars]\nb\n",
    ];
    insta::assert_snapshot!(inventories("inventory/more", &texts), @"
    exit 3
    error: reading the inventory inventory/more
      because: `[web` lacks a `]`
       --> inventory/more:1:1
        |
      1 | [web
        | ^ here

    exit 3
    error: reading the inventory inventory/more
      because: the range [1:x] has no numbers or letters
       --> inventory/more:1:1
        |
      1 | h[1:x]
        | ^ here

    exit 3
    error: reading the inventory inventory/more
      because: the range [a:] has no end
       --> inventory/more:1:1
        |
      1 | h[a:]
        | ^ here

    exit 3
    error: reading the inventory inventory/more
      because: there is no group `b` to be a child: declare it with `[b]`
       --> inventory/more:2:1
        |
      1 | [a:children]
      2 | b
        | ^ here

    exit 3
    error: reading the inventory inventory/more
      because: the group `a` would be inside itself through `b`
       --> inventory/more:4:1
        |
      2 | b
      3 | [b:children]
      4 | a
        | ^ here

    exit 3
    error: reading the inventory inventory/more
      because: `name=value` is expected, not `b`
       --> inventory/more:2:1
        |
      1 | [a:vars]
      2 | b
        | ^ here
    ");
}

#[test]
fn inventories_of_the_wrong_shape() {
    let yaml = ["- a\n", "a: {hosts: {b: 1}}\n", "1: {hosts: }\n"];
    insta::assert_snapshot!(inventories("inventory/more.yml", &yaml), @"
    exit 3
    error: reading the inventory inventory/more.yml
      because: it holds a list, not a map of groups
       --> inventory/more.yml:1:1
        |
      1 | - a
        | ^ here
      hint: write groups as keys, and below them `hosts:` with each host as a key

    exit 3
    error: reading the inventory inventory/more.yml
      because: a host's variables are a map, not an integer
       --> inventory/more.yml:1:16
        |
      1 | a: {hosts: {b: 1}}
        |                ^ here

    exit 3
    error: reading the inventory inventory/more.yml
      because: the name of a group must be text: quote it
       --> inventory/more.yml:1:1
        |
      1 | 1: {hosts: }
        | ^ here
    ");
}

#[test]
fn inventories_of_the_wrong_shape_in_toml_and_json() {
    let toml = ["[a\n", "[a]\nhosts = 1\n"];
    insta::assert_snapshot!(inventories("inventory/more.toml", &toml), @"
    exit 3
    error: reading the inventory inventory/more.toml
      because: unclosed table, expected `]`
       --> inventory/more.toml:1:3
        |
      1 | [a
        |   ^ here

    exit 3
    error: reading the inventory inventory/more.toml
      because: `hosts` must be a table, not an integer
       --> inventory/more.toml:2:9
        |
      1 | [a]
      2 | hosts = 1
        |         ^ here
    ");
    let json = ["{\"a\": {\"hosts\": 1}}\n", "{\"a\": [\n"];
    insta::assert_snapshot!(inventories("inventory/more.json", &json), @r#"
    exit 3
    error: reading the inventory inventory/more.json
      because: `hosts` must be a map, not an integer
       --> inventory/more.json:1:17
        |
      1 | {"a": {"hosts": 1}}
        |                 ^ here
      hint: write each name as a key, with a colon after it

    exit 3
    error: reading inventory/more.json
      because: did not find expected node content while parsing a flow node
       --> inventory/more.json:1:8
        |
      1 | {"a": [
        |        ^ here
      hint: close the bracket or brace, and quote text that holds one
    "#);
}

#[test]
fn programs_that_print_no_inventory() {
    let texts = [
        "#!/bin/sh\necho '[]'\n",
        "#!/bin/sh\necho '{\"a\":'\necho ' {\"hosts\": 1}}'\n",
        "#!/bin/sh\n",
        "#!/bin/sh\nprintf '\\377'\n",
        "#!/bin/sh\nkill -9 $$\n",
        "#!/no/such/program\n",
    ];
    insta::assert_snapshot!(inventories("inventory/program", &texts), @r#"
    exit 3
    error: running the inventory inventory/program
      because: the output must be a map, not a list
       --> inventory/program --list:1:1
        |
      1 | []
        | ^ here
      hint: give `inventory/program --list` by itself, and mend the program or what it needs

    exit 3
    error: running the inventory inventory/program
      because: a group's hosts are a list, not an integer
       --> inventory/program --list:2:12
        |
      1 | {"a":
      2 |  {"hosts": 1}}
        |            ^ here
      hint: give `inventory/program --list` by itself, and mend the program or what it needs

    exit 3
    error: running the inventory inventory/program
      because: it prints nothing
      hint: give `inventory/program --list` by itself, and mend the program or what it needs

    exit 3
    error: running the inventory inventory/program
      because: running SITE/inventory/program
      because: what it prints is not UTF-8 text
      hint: give `inventory/program --list` by itself, and mend the program or what it needs

    exit 3
    error: running the inventory inventory/program
      because: `--list` is ended by a signal
      hint: give `inventory/program --list` by itself, and mend the program or what it needs

    exit 3
    error: running the inventory inventory/program
      because: starting SITE/inventory/program
      because: No such file or directory (os error 2)
      hint: give `inventory/program --list` by itself, and mend the program or what it needs
    "#);
}

#[test]
fn inventories_made_of_others() {
    let texts = [
        "plugin: constructed\ncompose: [a]\n",
        "plugin: constructed\ngroups: 5\n",
        "plugin: constructed\nstrict: true\ngroups: {a: \"1 +\"}\n",
    ];
    insta::assert_snapshot!(inventories("inventory/more.yml", &texts), @r#"
    exit 3
    error: reading the inventory inventory/more.yml
      because: `compose` must be a map, not a list
       --> inventory/more.yml:2:10
        |
      1 | plugin: constructed
      2 | compose: [a]
        |          ^ here

    exit 3
    error: reading the inventory inventory/more.yml
      because: `groups` must be a map, not an integer
       --> inventory/more.yml:2:9
        |
      1 | plugin: constructed
      2 | groups: 5
        |         ^ here

    exit 3
    error: asking whether `a` has it for ctl1 at inventory/more.yml:3:13
      because: ctl1: evaluating `expression`
      because: Syntax error in template: unexpected end of variable block
      set by: expression (inventory/more.yml:3:13)
       --> inventory/more.yml:3:13
        |
      1 | plugin: constructed
      2 | strict: true
      3 | groups: {a: "1 +"}
        |             ^ here
      hint: mend the Jinja2 expression; text that is not a template can be tagged `!unsafe`
    "#);
}

#[test]
fn options_that_name_nothing() {
    let site = Site::new(&[("list", "- a\n")]);
    let list = format!("@{}", site.path("list"));
    let options = [
        ["-e", "@none.yml"],
        ["-e", &list],
        ["-e", "a='b"],
        ["-i", "none"],
        ["--limit", "@none"],
        ["--environment", "none"],
    ];
    let said = options.map(|option| site.run(&[&["configuration", "dump"][..], &option].concat()));
    insta::assert_snapshot!(said.join("\n"), @r#"
    exit 2
    error: reading -e @none.yml
      because: there is no file none.yml
       --> -e on the command line:1:2
        |
      1 | @none.yml
        |  ^ here
      hint: check the path after `@`

    exit 3
    error: reading variables from list
      because: it holds a list, not a map of variables
       --> list:1:1
        |
      1 | - a
        | ^ here
      hint: set a variable in it, write `{}`, or remove the file: Ansible refuses one without variables

    exit 2
    error: reading -e a=…
      because: a quotation mark or `{{` in it is not closed
       --> -e on the command line:1:3
        |
      1 | a='*
        |   ^ here
      hint: close it; the shell takes one pair of quotation marks away: -e 'name="a b"'

    exit 3
    error: reading the inventory none
      because: there is no such file or directory
      hint: check the path; hosts that are named themselves need a comma: `-i host,`

    exit 3
    error: selecting hosts by `@none`
      because: there is no such file
       --> --limit:1:1
        |
      1 | @none
        | ^ here
      hint: `@` begins the name of a file with one pattern in each line

    exit 3
    error: opening the environment `none`
      because: there is no directory environments/none
      hint: there are no environments in SITE/environments
    "#);
}
