//! A container image: one `Dockerfile`, whose argument says which function.
//!
//! Input: [`Deployment`]. Output: the text. It builds from the folder that holds the monolith where the output lies in
//! it, since manifests may lead there.

use super::model::{Deployment, Function};
use super::names::one_line;

/// `Dockerfile`.
pub fn file(deployment: &Deployment) -> String {
    let functions: Vec<&str> = deployment
        .functions
        .iter()
        .map(|f| f.name.as_str())
        .collect();
    let first = deployment
        .functions
        .first()
        .map_or("NAME", |f: &Function| f.name.as_str());
    let inside = one_line(&deployment.inside);
    let (context, at, path) = if inside.is_empty() {
        (
            "this output's folder",
            "/src".to_owned(),
            "deploy/Dockerfile".to_owned(),
        )
    } else {
        (
            "the monolith's folder",
            format!("/src/{inside}"),
            format!("{inside}/deploy/Dockerfile"),
        )
    };
    let rust = &deployment.rust;
    let list = functions.join(", ");
    let at = quoted(&at);
    format!(
        r#"# Written by extract; a change here is lost when it runs again.
# One image for each function. In {context}:
#   docker build -f "{path}" --build-arg FUNCTION={first} -t {first} .
# FUNCTION is one of: {list}. For arm64 add --platform linux/arm64.

# Built where it will run, so that it finds the C library that it asks for.
FROM public.ecr.aws/amazonlinux/amazonlinux:2023 AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# hadolint ignore=DL3041
RUN dnf install -y gcc gcc-c++ make && dnf clean all
RUN curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs \
    | sh -s -- -y --profile minimal --default-toolchain {rust}
ENV PATH="/root/.cargo/bin:$PATH"
COPY . /src
WORKDIR {at}
ARG FUNCTION
RUN cargo build --locked --release --package "${{FUNCTION:?}}" --bin "$FUNCTION" --target-dir /target \
    && cp "/target/release/$FUNCTION" /bootstrap

FROM public.ecr.aws/lambda/provided:al2023
COPY --from=build /bootstrap /var/runtime/bootstrap
CMD ["bootstrap"]
"#
    )
}

/// `Dockerfile.dockerignore`: what is not sent to the engine.
pub fn ignored() -> String {
    "**/target\n**/node_modules\n**/.git\n".to_owned()
}

/// A path as an instruction's only argument.
fn quoted(path: &str) -> String {
    let plain = path
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "/_-.".contains(c));
    if plain {
        return path.to_owned();
    }
    let escaped = path
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('$', "\\$");
    format!("\"{escaped}\"")
}
