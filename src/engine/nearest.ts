export { didYouMean, nearest } from '../rule/nearest.ts';
