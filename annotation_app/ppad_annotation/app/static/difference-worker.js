// Computes difference maps beside the page, so that playing never stutters.
import { differences } from "./lab.js";

onmessage = ({ data: { id, first, second, formula } }) => {
  const { map, mean, visible } = differences(first, second, formula);
  postMessage({ id, map, mean, visible }, [map.buffer]);
};
