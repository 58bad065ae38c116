import { type Page, useServerSideQuery } from "rakkasjs";
import { counter, login } from "../app.js";

const Home: Page = () => {
  const { data } = useServerSideQuery((ctx) => {
    const { user = "guest" } = login.of(ctx).data;
    return `Hello, ${user}: visit ${++counter.of(ctx).data.visits}`;
  });
  return <p>{data}</p>;
};

export default Home;
