//! Templates: what they show, what they refuse at load, and what stops them at rendering.

use serde_json::{Value as Json, json};
use usher::expr::{Escape, ExprError, MAX_OUTPUT, MAX_TEMPLATE, Read, Scope, Template};

use super::hostile::quickly;
use super::rows;

pub(super) const ROOTS: [&str; 5] = ["person", "company", "portal", "link", "event"];

fn parse(text: &str) -> Template {
    Template::parse(text, &ROOTS, Escape::Nothing).unwrap_or_else(|problem| panic!("{text}: {problem}"))
}

pub(super) fn refusal(text: &str) -> ExprError {
    match Template::parse(text, &ROOTS, Escape::Nothing) {
        Err(problem) => problem,
        Ok(_) => panic!("{text} was taken"),
    }
}

fn person() -> Json {
    json!({
        "first_name": "Ada", "last_name": "<Lovelace & \"Co\">", "blank": "  ", "none": null, "age": 36, "yes": true,
        "no": false, "tags": ["a", "b"], "manager": {"first_name": "Mary"}, "starts_on": "2026-03-02T23:00:00-08:00",
    })
}

pub(super) fn scope() -> Scope {
    let portal = json!({"name": "Example", "url": "https://docs.example/?a=1&b='2'"});
    Scope::new([
        ("person", &person()),
        ("portal", &portal),
        ("link", &json!("https://docs.example/x")),
        ("event", &json!({"kind": "employee.hired"})),
    ])
}

pub(super) fn render(text: &str) -> Result<String, String> {
    parse(text).render(&scope())
}

#[test]
fn expressions_are_shown_in_their_place() {
    let table = r#"
        Dear {{ person.first_name }}, -> Dear Ada,
        {{person.first_name~' '~person.manager.first_name}} -> Ada Mary
        {{ person.age }} {{ person.age + 1 }} {{ 2.5 }} -> 36 37 2.5
        {{ person.yes }}{{ not person.yes }} -> truefalse
        {{ person.tags | join(', ') | upper }} -> A, B
        {{ person.starts_on | date }} -> 2026-03-02
        {{ person.gone or 'colleague' }} -> colleague
        {{ person.gone | default('colleague') }} -> colleague
        [{{ person.gone | default }}][{{ person.gone or '' }}] -> [][]
        [{{ 'x' if person.gone else '' }}] -> []
        {{ 'x' if person.age is defined else 'y' }}{{ person.age is defined }} -> xtrue
        {{ link }} -> https://docs.example/x
        {{ '{{ person }} {% if %}' }} -> {{ person }} {% if %}
        {% raw %}{{ person.gone }}{% endraw %} -> {{ person.gone }}
        {# {{ nobody }} #}{ {# #}{ "quoted" \n 'x' } -> { { "quoted" \n 'x' }
        a {%- if true -%} b {%- endif -%} c -> abc
    "#;
    for (text, expected) in rows(table) {
        assert_eq!(render(text), Ok(expected.to_owned()), "{text}");
    }
}

#[test]
fn what_stands_around_expressions_stays_as_it_is() {
    for text in [
        "one\n\n two \n",
        "\r\n\ttab\r\n",
        "{ } % # \\ \" ' \u{0} 🎉",
        "{{ '' if true else '' }}\n{% if true %}\n{% endif %}\n",
    ] {
        let expected = if text.contains("{%") { "\n\n\n" } else { text };
        assert_eq!(render(text), Ok(expected.to_owned()), "{text}");
    }
}

#[test]
fn branches_are_taken_by_truth_and_an_absent_field_is_false() {
    let table = r#"
        {% if person.first_name %}yes{% else %}no{% endif %} -> yes
        {% if person.gone %}yes{% else %}no{% endif %} -> no
        {% if not person.gone and person.first_name %}yes{% endif %} -> yes
        {% if event.department %}yes{% else %}no{% endif %} -> no
        {% if not event.department %}yes{% endif %} -> yes
        {% if event.department or event.location and event.kind %}yes{% else %}no{% endif %} -> no
        {% if event['department'] %}yes{% else %}no{% endif %} -> no
        {% if event.department is defined %}{{ event.department }}{% else %}no{% endif %} -> no
        {% if event.department %}{{ event.department }}{% else %}no{% endif %} -> no
        {% if (event.department or '') == 'Legal' %}yes{% else %}no{% endif %} -> no
        {% if person.age > 99 %}a{% elif person.age > 30 %}b{% elif true %}c{% else %}d{% endif %} -> b
        {% if person.no %}a{% elif person.gone %}b{% else %}c{% endif %} -> c
        {% if true %}{% if false %}a{% else %}{% if true %}b{% endif %}{% endif %}{% endif %} -> b
        {% if false %}{{ person.gone }}{% endif %}there -> there
    "#;
    for (text, expected) in rows(table) {
        assert_eq!(render(text), Ok(expected.to_owned()), "{text}");
    }
}

#[test]
fn nothing_to_show_stops_the_text_and_names_the_expression() {
    let table = r#"
        Dear {{ person.gone }}, -> person.gone
        {{ person.first_name }} {{- person.gone | upper -}} x -> person.gone | upper
        {{ person.none }} -> person.none
        {{ person.blank }} -> person.blank
        {{ person.gone.gone }} -> person.gone.gone
        {{ company.name }} -> company.name
        {{ 'Dear ' ~ person.gone }} -> 'Dear ' ~ person.gone
        {{ person.gone or person.none }} -> person.gone or person.none
        {{ 'x' if person.gone }} -> 'x' if person.gone
        {% if true %}{{ person.gone }}{% endif %} -> person.gone
    "#;
    for (text, expression) in rows(table) {
        let problem = render(text).expect_err(text);
        assert!(problem.starts_with(&format!("the expression `{expression}` has no value to show;")), "{problem}");
        assert!(problem.contains("`or`") && problem.contains("{% if %}"), "{problem}");
    }
}

#[test]
fn an_expression_that_cannot_be_evaluated_is_named_without_its_value() {
    let table = r#"
        {{ person.first_name }}{{ person.first_name | int }} -> the expression `person.first_name | int` cannot
        {{ person.tags }} -> the expression `person.tags` cannot be evaluated: only a text
        {{ person.manager }} -> the expression `person.manager` cannot be evaluated: only a text
        {{ person }} -> the expression `person` cannot be evaluated: only a text
        {{ event.department }} -> the expression `event.department` reads event.department, which this event does not
        {% if event.department == 'x' %}{% endif %} -> the expression `event.department == 'x'` reads
        {% if person.first_name < 3 %}{% endif %} -> the expression `person.first_name < 3` cannot
    "#;
    for (text, expected) in rows(table) {
        let problem = render(text).expect_err(text);
        assert!(problem.starts_with(expected), "{problem}");
        assert!(!problem.contains("Ada") && !problem.contains("Mary"), "{problem}");
    }
}

#[test]
fn values_are_escaped_for_html_and_the_template_is_not() {
    let html = |text: &str| Template::parse(text, &ROOTS, Escape::Html).unwrap().render(&scope()).unwrap();
    assert_eq!(
        html("<p title=\"x\">{{ person.last_name }} &amp; {{ person.first_name ~ '<' }}</p>"),
        "<p title=\"x\">&lt;Lovelace &amp; &quot;Co&quot;&gt; &amp; Ada&lt;</p>"
    );
    let link = html("<a href=\"{{ portal.url }}\">");
    assert_eq!(link, "<a href=\"https:&#x2f;&#x2f;docs.example&#x2f;?a=1&amp;b=&#x27;2&#x27;\">");
    assert_eq!(render("{{ person.last_name }}").unwrap(), "<Lovelace & \"Co\">");
    for way_out in ["{{ person.last_name | safe }}", "{% autoescape false %}{% endautoescape %}", "{{ x | escape }}"] {
        assert!(Template::parse(way_out, &ROOTS, Escape::Html).is_err(), "{way_out}");
    }
}

#[test]
fn a_value_is_never_read_as_a_template() {
    let person = json!({"first_name": "{{ link }}{% if true %}{% endraw %}{#"});
    let scope = scope().with("person", &person);
    assert_eq!(parse("{{ person.first_name }}").render(&scope).unwrap(), "{{ link }}{% if true %}{% endraw %}{#");
}

#[test]
fn mistakes_are_refused_at_load_at_their_place() {
    let table = r#"
        {{ persn.name }} -> persn -> unknown variable persn; the variables here are person, company
        Hi {{ person.name | uper }} -> uper -> unknown filter uper
        {{ person.name is odd }} -> odd -> unknown test odd
        {{ event.nme }} -> nme -> event has no field nme
        {{ event }} -> event -> field by field
        {% if persn %}x{% endif %} -> persn -> unknown variable persn
        {% if a %}{% elif persn.x > 1 %}x{% endif %} -> a -> unknown variable a
        {% for x in person.tags %}{{ x }}{% endfor %} -> for -> for is not allowed; there are if, elif, else and endif
        {% set x = 1 %} -> set -> set is not allowed
        {% include 'x' %} -> include -> include is not allowed
        {% macro x() %}{% endmacro %} -> macro -> macro is not allowed
        {% extends 'x' %} -> extends -> extends is not allowed
        {%- do x() -%} -> do -> do is not allowed
        {{ range(9) }} -> range(9) -> functions cannot be called
        {{ person.name.upper() }} -> .upper() -> methods cannot be called
    "#;
    for (text, rest) in rows(table) {
        let (place, expected) = rest.split_once(" -> ").unwrap();
        let problem = refusal(text);
        assert!(problem.message.contains(expected), "{problem}");
        assert_eq!(&text[problem.range.clone().unwrap()], place, "{problem}");
    }
}

#[test]
fn what_is_no_template_is_refused_at_load() {
    for text in [
        "",
        " \n",
        "{{",
        "{{ }}",
        "{{ person.x",
        "{% if true %}",
        "{% endif %}",
        "{% else %}",
        "{% %}",
        "{#",
        "{% raw %}",
        "{{ 'x }}",
    ] {
        let problem = refusal(text);
        assert!(!problem.message.is_empty());
        let range = problem.range.unwrap();
        assert!(text.get(range.clone()).is_some(), "{text}: {range:?}");
    }
}

#[test]
fn the_fields_that_a_template_reads_are_known() {
    let template = parse(
        "{{ event.location or 'x' }}{% if event.department %}{{ event.department }}{% endif %}\
         {% if event.email %}x{% endif %}{{ person.first_name }}{{ event.location }}",
    );
    let read = |field: &str, guarded| Read { field: field.to_owned(), guarded };
    assert_eq!(template.reads("event"), [read("location", false), read("department", false), read("email", true)]);
    assert_eq!(template.reads("person"), [read("first_name", false)]);
    assert_eq!(template.reads("link"), []);
}

#[test]
fn a_template_and_its_text_have_a_largest_size() {
    assert!(refusal(&"x".repeat(MAX_TEMPLATE + 1)).message.contains("longer than"));
    let whole = "x".repeat(MAX_TEMPLATE);
    assert_eq!(render(&whole), Ok(whole.clone()));
    let long = |len: usize| json!({"text": "<".repeat(len)});
    let shown = |len: usize, escape: Escape| {
        let template = Template::parse("{{ person.text }}", &ROOTS, escape).unwrap();
        template.render(&Scope::new([("person", &long(len))])).map(|text| text.len())
    };
    assert_eq!(shown(MAX_OUTPUT, Escape::Nothing), Ok(MAX_OUTPUT));
    assert_eq!(shown(MAX_OUTPUT + 1, Escape::Nothing), Err("the text would be longer than 256 KiB".to_owned()));
    assert_eq!(shown(MAX_OUTPUT / 4, Escape::Html), Ok(MAX_OUTPUT));
    assert_eq!(shown(MAX_OUTPUT / 4 + 1, Escape::Html), Err("the text would be longer than 256 KiB".to_owned()));
}

#[test]
fn the_largest_templates_are_rendered() {
    let table = [("{{1}}", "1"), ("{% if 1 %}x{% endif %}", "x"), ("{#{#}{ ", "{ "), ("{{person.age}}", "36")];
    for (piece, shown) in table {
        let times = MAX_TEMPLATE / piece.len();
        quickly(piece, move || {
            let text = Template::parse(&piece.repeat(times), &ROOTS, Escape::Nothing)
                .map(|template| template.render(&scope()));
            assert!(text == Ok(Ok(shown.repeat(times))), "{piece}");
        });
    }
}
