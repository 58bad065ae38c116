import * as library from "@hattip/session";
import roundTrips from "./round-trips.cjs";

await roundTrips(library);
