//! What is made once, before the first event.

use super::bound;

const MADE: &str = "pub struct Pool(std::fs::File); pub struct Url(std::fs::File); \
    impl Pool { pub fn open(path: &str, size: u32) -> Result<Self, std::io::Error> { todo() } \
                pub fn get(&self, id: u64) -> u64 { id } pub fn set(&mut self, id: u64) {} } \
    pub fn url() -> Url { todo() } \
    pub async fn fetch(url: &Url, of: std::sync::Arc<Url>, id: u64) -> u64 { id }";

#[test]
fn what_one_function_makes_is_made_once() {
    let text = bound(MADE, "fetch", &[]).unwrap();
    assert!(
        text.contains("struct Start {\n    url: shop::Url,\n    of: std::sync::Arc<shop::Url>,\n}"),
        "{text}"
    );
    assert!(
        text.contains("of: std::sync::Arc::new(shop::url()),"),
        "{text}"
    );
    assert!(
        text.contains("shop::fetch(&start.url, start.of.clone(), request.id).await"),
        "{text}"
    );
    assert!(text.contains("struct Request {\n    id: u64,\n}"), "{text}");
}

#[test]
fn a_constructor_is_named_with_its_arguments() {
    let init = "init:Pool::open(env:POOL, const:4)";
    let text = bound(MADE, "get", &[("pool", init)]).unwrap();
    let calls = "let path: String = setting(\"POOL\")?;\n                let size: u32 = serde_json::from_str(\"4\")?;\n                \
                 made(\"shop::Pool::open\", shop::Pool::open(&path, size))?";
    assert!(text.contains(calls), "{text}");
    // What calls change is kept behind a lock, and only when a person says so.
    let text = bound(MADE, "set", &[("pool", init)]).unwrap();
    assert!(text.contains("pool: Mutex<shop::Pool>,"), "{text}");
    assert!(text.contains("&mut *start"), "{text}");
    let refused = bound(MADE, "set", &[]).unwrap_err();
    assert!(refused.starts_with("X0301"), "{refused}");
}

/// What threads cannot share is kept behind a lock, or, where it cannot go to another at all, refused.
#[test]
fn what_is_made_is_used_by_the_thread_of_each_call() {
    let of = |field: &str| {
        let own = "pub trait Rule {} pub trait Safe: Send + Sync {} pub struct Inner(std::cell::Cell<u8>); ";
        let body = "impl Pool { pub fn new() -> Self { todo() } pub fn get(&self, id: u64) -> u64 { id } }";
        let source = format!("{own}pub struct Pool {{ log: std::fs::File, it: {field} }} {body}");
        bound(&source, "get", &[])
    };
    for shared in [
        "u8",
        "std::sync::Mutex<Inner>",
        "Box<dyn Safe>",
        "Option<Box<dyn Fn() + Send + Sync>>",
    ] {
        let text = of(shared).unwrap();
        assert!(text.contains("    pool: shop::Pool,"), "{shared}: {text}");
    }
    for in_turn in [
        "Inner",
        "std::cell::RefCell<Vec<u8>>",
        "rusqlite::Connection",
    ] {
        let text = of(in_turn).unwrap();
        assert!(
            text.contains("    pool: Mutex<shop::Pool>,") && text.contains("&*start"),
            "{in_turn}: {text}"
        );
    }
    for never in [
        "std::rc::Rc<u8>",
        "Box<dyn Rule>",
        "*const u8",
        "std::sync::Arc<std::cell::RefCell<u8>>",
    ] {
        let refused = of(never).unwrap_err();
        assert!(refused.starts_with("X0301"), "{never}: {refused}");
    }
}

/// `from_environment() -> Option<Self>` beside `new(…)`: nothing at the start fails the start.
#[test]
fn a_constructor_may_give_nothing() {
    let source = "pub struct Token(std::fs::File); pub struct Pool(std::fs::File); \
        impl Pool { pub fn new(url: String, token: Token) -> Self { todo() } \
                    pub fn from_environment() -> Option<Self> { todo() } \
                    pub fn get(&self, id: u64) -> u64 { id } }";
    let text = bound(source, "get", &[]).unwrap();
    let call = "made(\n                \"shop::Pool::from_environment\",\n                \
                shop::Pool::from_environment().ok_or(\"it gave nothing\"),\n            )?";
    assert!(text.contains(call), "{text}");
    // What surely gives one goes before what may.
    let sure = source.to_owned() + " pub fn open() -> Pool { todo() }";
    let text = bound(&sure, "get", &[]).unwrap();
    assert!(text.contains("pool: shop::open()"), "{text}");
}

/// A pool from a part of the settings, a client by a method of another part.
#[test]
fn what_is_made_may_lie_in_settings() {
    let source = "pub struct Pool(std::fs::File); pub struct Client(std::fs::File); pub struct Gone; \
        pub struct Settings { pub database: Database, pub mail: Mail, hidden: Hidden } \
        pub struct Database { pub port: u16 } pub struct Mail { pub port: u16 } pub struct Hidden { pub port: u16 } \
        impl Mail { pub fn client(self) -> Client { todo() } pub fn find(&self) -> Option<Gone> { todo() } } \
        pub fn settings() -> Result<Settings, std::io::Error> { todo() } \
        pub fn connect(database: &Database) -> Pool { todo() } \
        pub fn work(pool: &Pool, client: &Client, id: u64) -> u64 { id } \
        pub fn hide(it: &std::sync::Mutex<Hidden>) {}";
    let text = bound(source, "work", &[]).unwrap();
    let squeezed = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "pool: { let database = made(\"shop::settings\", shop::settings())?.database; shop::connect(&database) },",
        "client: { let receiver = made(\"shop::settings\", shop::settings())?.mail; shop::Mail::client(receiver) },",
    ] {
        assert!(squeezed.contains(part), "{part}: {text}");
    }
    // The same, said by a person.
    let pool = "init:connect(init:settings().database)";
    let client = "init:Mail::client(init:settings().mail)";
    let said = bound(source, "work", &[("pool", pool), ("client", client)]).unwrap();
    assert_eq!(said, text);
    for (init, why) in [
        (
            "init:connect(init:settings().mail)",
            "`settings` makes a `Mail`, not a `Database`",
        ),
        (
            "init:connect(init:settings().hidden)",
            "`Settings` has no public field `hidden`",
        ),
        (
            "init:Mail::find(init:settings().mail)",
            "`Mail::find` is no function that can be called",
        ),
    ] {
        let refused = bound(source, "work", &[("pool", init)]).unwrap_err();
        assert!(refused.contains(why), "{init}: {refused}");
    }
}

/// What a builder gives untold, and a message that borrows, are not taken for something to keep.
#[test]
fn a_method_is_no_constructor_of_everything() {
    let source = "pub struct Pool(std::fs::File); pub struct Row<'a> { log: std::fs::File, name: &'a str } \
        pub struct PoolBuilder(u8); pub struct Maker(u8); \
        impl PoolBuilder { pub fn build(self) -> Pool { todo() } } pub fn builder() -> PoolBuilder { todo() } \
        impl Maker { pub fn row(&self) -> Row<'_> { todo() } } pub fn maker() -> Maker { todo() } \
        pub fn get(pool: &Pool) {} pub fn put(row: &Row) {}";
    for name in ["get", "put"] {
        let refused = bound(source, name, &[]).unwrap_err();
        assert!(refused.starts_with("X030"), "{name}: {refused}");
    }
    let init = "init:PoolBuilder::build(init:builder)";
    assert!(bound(source, "get", &[("pool", init)]).is_ok());
}

#[test]
fn what_nothing_makes_is_refused() {
    // Nobody says what the pool's arguments are.
    let refused = bound(MADE, "get", &[]).unwrap_err();
    let offer = "or bind it: `--bind pool=init:shop::Pool::open(env:POOL_PATH, env:SIZE)`";
    assert!(
        refused.starts_with("X0301") && refused.contains(offer),
        "{refused}"
    );
    // No function is offered whose arguments nothing gives.
    let unknown = MADE.replace("path: &str", "path: &std::fs::File");
    let refused = bound(&unknown, "get", &[]).unwrap_err();
    assert!(
        refused.starts_with("X0301") && !refused.contains("init:shop"),
        "{refused}"
    );
    // What each call changes can be made too, where no event could bring it; what one brings is given back.
    let offer = "`--bind pool=init:path::to::function`";
    assert!(refused.contains(offer), "{refused}");
    let changed = MADE.to_owned() + " pub fn drain(pool: &mut Pool, left: &mut Vec<u8>) {}";
    let refused = bound(&changed, "drain", &[]).unwrap_err();
    let offer = "or bind it: `--bind pool=init:shop::Pool::open(env:POOL_PATH, env:SIZE)`";
    assert!(
        refused.contains(offer) && !refused.contains("--bind left"),
        "{refused}"
    );
    for (init, said) in [
        (
            "init:Pool::open(env:POOL)",
            "X0312 `pool` of `get` cannot be made: nothing is said of `size` of `shop::Pool::open`",
        ),
        (
            "init:url",
            "X0312 `pool` of `get` cannot be made: `url` makes a `Url`, not a `Pool`",
        ),
        (
            "init:close",
            "X0312 `pool` of `get` cannot be made: `close` is no function",
        ),
    ] {
        let refused = bound(MADE, "get", &[("pool", init)]).unwrap_err();
        assert!(refused.starts_with(said), "{init}: {refused}");
    }
    let two = MADE.to_owned() + " pub fn other() -> Url { url() }";
    let refused = bound(&two, "fetch", &[]).unwrap_err();
    let offers =
        "or bind it: `--bind url=init:shop::url`\nor bind it: `--bind url=init:shop::other`";
    assert!(
        refused.starts_with("X0305") && refused.contains(offers),
        "{refused}"
    );
}

/// axum-rest-api-sample: state that handlers share is made as they take it.
#[test]
fn what_is_shared_is_made_as_it_is_taken() {
    let made = "use std::sync::{Arc, Mutex}; pub struct State(std::fs::File); pub type Shared = Arc<State>; \
                pub async fn state() -> Shared { todo() } pub fn lock() -> Mutex<State> { todo() } \
                pub async fn serve(state: &Shared, at: u64) -> u64 { at } \
                pub fn file(log: &Mutex<State>) {}";
    let text = bound(made, "serve", &[]).unwrap();
    assert!(text.contains("state: shop::state().await"), "{text}");
    let text = bound(made, "file", &[("log", "init:lock")]).unwrap();
    assert!(text.contains("log: shop::lock()"), "{text}");
}
