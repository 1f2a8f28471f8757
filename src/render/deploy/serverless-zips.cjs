// Written by extract; a change here is lost when it runs again.
// The framework uploads archives by their file names, and cargo-lambda calls every one bootstrap.zip: each gets a copy
// with its function's name beside it.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

module.exports = class Zips {
  constructor(serverless) {
    const copy = () => {
      for (const name of serverless.service.getAllFunctions()) {
        const folder = path.join(serverless.serviceDir, "..", "target", "lambda", name);
        fs.copyFileSync(path.join(folder, "bootstrap.zip"), path.join(folder, `${name}.zip`));
      }
    };
    this.hooks = {
      "before:package:createDeploymentArtifacts": copy,
      "before:package:function:package": copy,
      "before:deploy:function:packageFunction": copy,
    };
  }
};
