require("./suites.cjs")({ describe, it });
