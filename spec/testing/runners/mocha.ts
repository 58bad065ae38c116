import { suites } from "./suites.js";

suites({ describe, it });
