// How many Pods a Job has, and when it is over.

#include "tests/reconcilers/job_rows.h"

namespace weir {
namespace {

using test::check;
using test::JobRow;
using test::JobWorld;
using test::kNow;
using test::seconds;

TEST(Job, MakesAsManyPodsAsItWants) {
  const JobRow rows[] = {
      {"one", JobWorld(),
       "create Pod @0\n"
       "event Normal SuccessfulCreate: Created pod: @0\n"},
      {"as many at a time as it may", JobWorld([](api::Job& job) {
         job.spec.completions = 5;
         job.spec.parallelism = 2;
       }),
       "create Pod @0\n"
       "create Pod @1\n"
       "event Normal SuccessfulCreate: Created pod: @0\n"
       "event Normal SuccessfulCreate: Created pod: @1\n"},
      {"no more than are needed", JobWorld([](api::Job& job) {
                                    job.spec.completions = 5;
                                    job.spec.parallelism = 3;
                                    job.status.succeeded = 3;
                                  }).pod({.slot = 3}),
       "create Pod @0\n"
       "status Job work: active: 0 -> 1\n"
       "event Normal SuccessfulCreate: Created pod: @0\n"},
      {"a work queue in which one has succeeded makes no more", JobWorld([](api::Job& job) {
                                                                  job.spec.parallelism = 3;
                                                                  job.status.succeeded = 1;
                                                                }).pod(),
       "status Job work: active: 0 -> 1\n"},
      {"fewer, when parallelism falls: first their finalizer, so that they do not count",
       JobWorld([](api::Job& job) {
         job.spec.completions = 5;
         job.spec.parallelism = 1;
       })
           .pod()
           .pod({.slot = 1}),
       "update Pod @1 let go\n"
       "status Job work: active: 0 -> 2\n"},
      {"and then they",
       JobWorld([](api::Job& job) {
         job.spec.completions = 5;
         job.spec.parallelism = 1;
       })
           .pod()
           .pod({.slot = 1, .tracked = false}),
       "delete Pod @1\n"
       "status Job work: active: 0 -> 1\n"
       "event Normal SuccessfulDelete: Deleted pod: @1\n"},
      {"none while it is suspended", JobWorld([](api::Job& job) { job.spec.suspend = true; }).pod(),
       "update Pod @0 let go\n"
       "status Job work: active: 0 -> 1; startTime: 2023-11-14T22:11:40Z -> (none); Suspended True "
       "JobSuspended\n"
       "event Normal Suspended: Job suspended\n"},
      {"again when it goes on", JobWorld([](api::Job& job) {
         job.status.startTime.reset();
         job.status.conditions = {
             {.reason = "JobSuspended", .status = "True", .type = "Suspended"}};
       }),
       "create Pod @0\n"
       "status Job work: startTime: (none) -> 2023-11-14T22:13:20Z; Suspended False JobResumed\n"
       "event Normal Resumed: Job resumed\n"
       "event Normal SuccessfulCreate: Created pod: @0\n"},
      {"its selector first", JobWorld([](api::Job& job) {
         job.spec.selector = {};
         job.status.startTime.reset();
       }),
       "update Job work: spec.selector.matchLabels.batch.kubernetes.io/controller-uid: (none) -> "
       "\"uid-work\"; spec.template.metadata.labels.batch.kubernetes.io/controller-uid: (none) -> "
       "\"uid-work\"; spec.template.metadata.labels.batch.kubernetes.io/job-name: (none) -> "
       "\"work\"; spec.template.metadata.labels.controller-uid: (none) -> \"uid-work\"; "
       "spec.template.metadata.labels.job-name: (none) -> \"work\"\n"},
      {"none for who is being deleted",
       JobWorld([](api::Job& job) { job.metadata.deletionTimestamp = to_seconds(kNow); }).pod(),
       "update Pod @0 let go\n"
       "status Job work: active: 0 -> 1\n"},
  };
  check({std::begin(rows), std::end(rows)});
}

TEST(Job, CountsEachPodOnce) {
  const JobRow rows[] = {
      {"a success, which is enough", JobWorld().pod({.phase = "Succeeded"}),
       "update Pod @0 let go\n"
       "status Job work: completionTime: (none) -> 2023-11-14T22:13:20Z; succeeded: 0 -> 1; "
       "SuccessCriteriaMet True CompletionsReached; Complete True CompletionsReached\n"
       "event Normal Completed: Job completed\n"},
      {"that was counted before", JobWorld([](api::Job& job) {
                                    job.spec.completions = 2;
                                    job.status.succeeded = 1;
                                  }).pod({.phase = "Succeeded", .tracked = false}),
       "create Pod @1\n"
       "event Normal SuccessfulCreate: Created pod: @1\n"},
      {"a failure: a pause", JobWorld().pod({.phase = "Failed"}),
       "update Pod @0 let go\n"
       "status Job work: failed: 0 -> 1\n"
       "wake in 5s\n"},
      {"the third in a row: a longer one",
       JobWorld([](api::Job& job) { job.status.failed = 2; })
           .pod({.phase = "Failed", .tracked = false, .ended_ago = 70})
           .pod({.phase = "Failed", .slot = 1, .tracked = false, .ended_ago = 40})
           .pod({.phase = "Failed", .slot = 2, .ended_ago = 1}),
       "update Pod @2 let go\n"
       "status Job work: failed: 2 -> 3\n"
       "wake in 39s\n"},
      {"after the pause", JobWorld([](api::Job& job) {
                            job.status.failed = 1;
                          }).pod({.phase = "Failed", .tracked = false, .ended_ago = 10}),
       "create Pod @1\n"
       "event Normal SuccessfulCreate: Created pod: @1\n"},
      {"one that somebody deletes has failed at once",
       JobWorld().pod({.deleting = true, .runs = true}),
       "update Pod @0 let go\n"
       "create Pod @1\n"
       "status Job work: failed: 0 -> 1; terminating: 0 -> 1\n"
       "event Normal SuccessfulCreate: Created pod: @1\n"},
      {"a failure of an hour to come, by a clock that was put back: nobody waits for it",
       JobWorld().pod({.phase = "Failed", .ended_ago = -3600}),
       "update Pod @0 let go\n"
       "create Pod @1\n"
       "status Job work: failed: 0 -> 1\n"
       "event Normal SuccessfulCreate: Created pod: @1\n"},
      {"or when it has ended, where the policy says so", JobWorld([](api::Job& job) {
                                                           job.spec.podReplacementPolicy = "Failed";
                                                         }).pod({.deleting = true, .runs = true}),
       "status Job work: terminating: 0 -> 1\n"},
      {"which it has", JobWorld([](api::Job& job) {
                         job.spec.podReplacementPolicy = "Failed";
                       }).pod({.deleting = true}),
       "update Pod @0 let go\n"
       "status Job work: failed: 0 -> 1; terminating: 0 -> 1\n"},
  };
  check({std::begin(rows), std::end(rows)});
}

TEST(Job, Ends) {
  const auto failing = [](api::Job& job) {
    job.spec.completions = 3;
    job.spec.parallelism = 2;
    job.spec.backoffLimit = 1;
    job.status.failed = 1;
  };
  const JobRow rows[] = {
      {"a failure too many: those at work end",
       JobWorld(failing).pod({.phase = "Failed"}).pod({.slot = 1}),
       "update Pod @0 let go\n"
       "delete Pod @1\n"
       "status Job work: active: 0 -> 1; failed: 1 -> 2; FailureTarget True BackoffLimitExceeded\n"
       "event Normal SuccessfulDelete: Deleted pod: @1\n"},
      {"which counts as failed, and then it says so",
       JobWorld([&](api::Job& job) {
         failing(job);
         job.status.failed = 2;
         job.status.conditions = {
             {.reason = "BackoffLimitExceeded", .status = "True", .type = "FailureTarget"}};
       }).pod({.slot = 1, .deleting = true}),
       "update Pod @1 let go\n"
       "status Job work: failed: 2 -> 3; terminating: 0 -> 1\n"},
      {"the last has gone", JobWorld([&](api::Job& job) {
         failing(job);
         job.status.failed = 3;
         job.status.conditions = {{.message = "m",
                                   .reason = "BackoffLimitExceeded",
                                   .status = "True",
                                   .type = "FailureTarget"}};
       }),
       "status Job work: Failed True BackoffLimitExceeded\n"
       "event Warning BackoffLimitExceeded: m\n"},
      {"restarts in place count, too", JobWorld([](api::Job& job) {
                                         job.spec.template_.spec.restartPolicy = "OnFailure";
                                         job.spec.backoffLimit = 2;
                                       }).pod({.restarts = 2}),
       "delete Pod @0\n"
       "status Job work: active: 0 -> 1; FailureTarget True BackoffLimitExceeded\n"
       "event Normal SuccessfulDelete: Deleted pod: @0\n"},
      {"its time is over",
       JobWorld([](api::Job& job) { job.spec.activeDeadlineSeconds = 100; }).pod(),
       "delete Pod @0\n"
       "status Job work: active: 0 -> 1; FailureTarget True DeadlineExceeded\n"
       "event Normal SuccessfulDelete: Deleted pod: @0\n"},
      {"not yet", JobWorld([](api::Job& job) { job.spec.activeDeadlineSeconds = 130; }).pod(),
       "status Job work: active: 0 -> 1\n"
       "wake in 30s\n"},
      {"a work queue: one has succeeded and the last has ended",
       JobWorld([](api::Job& job) {
         job.spec.parallelism = 2;
         job.status.succeeded = 1;
       }).pod({.phase = "Succeeded", .slot = 1}),
       "update Pod @1 let go\n"
       "status Job work: completionTime: (none) -> 2023-11-14T22:13:20Z; succeeded: 1 -> 2; "
       "SuccessCriteriaMet True CompletionsReached; Complete True CompletionsReached\n"
       "event Normal Completed: Job completed\n"},
      {"finished long enough ago", JobWorld([](api::Job& job) {
         job.spec.ttlSecondsAfterFinished = 30;
         job.status.conditions = {{.lastTransitionTime = to_seconds(kNow - seconds(30)),
                                   .status = "True",
                                   .type = "Complete"}};
       }),
       "delete Job work\n"},
      {"not long enough", JobWorld([](api::Job& job) {
         job.spec.ttlSecondsAfterFinished = 40;
         job.status.conditions = {{.lastTransitionTime = to_seconds(kNow - seconds(30)),
                                   .status = "True",
                                   .type = "Failed"}};
       }),
       "wake in 10s\n"},
  };
  check({std::begin(rows), std::end(rows)});
}

api::PodFailurePolicyRule on_exit(const char* action, std::vector<std::int64_t> codes) {
  return {.action = action,
          .onExitCodes = api::PodFailurePolicyOnExitCodesRequirement{.operator_ = "In",
                                                                     .values = std::move(codes)}};
}

TEST(Job, AsksItsPolicyWhatAFailureMeans) {
  const auto with = [](api::PodFailurePolicyRule rule) {
    return [rule](api::Job& job) { job.spec.podFailurePolicy.emplace().rules = {rule}; };
  };
  const JobRow rows[] = {
      {"all is lost",
       JobWorld(with(on_exit("FailJob", {42}))).pod({.phase = "Failed", .exit_code = 42}),
       "update Pod @0 let go\n"
       "status Job work: failed: 0 -> 1; FailureTarget True PodFailurePolicy; Failed True "
       "PodFailurePolicy\n"
       "event Warning PodFailurePolicy: Container app for pod default/@0 failed with exit code 42 "
       "matching FailJob rule at index 0\n"},
      {"nothing has happened",
       JobWorld(with(on_exit("Ignore", {42})))
           .pod({.phase = "Failed", .ended_ago = 20, .exit_code = 42}),
       "update Pod @0 let go\n"
       "create Pod @1\n"
       "event Normal SuccessfulCreate: Created pod: @1\n"},
      {"no rule is about it",
       JobWorld(with(on_exit("FailJob", {42}))).pod({.phase = "Failed", .ended_ago = 20}),
       "update Pod @0 let go\n"
       "create Pod @1\n"
       "status Job work: failed: 0 -> 1\n"
       "event Normal SuccessfulCreate: Created pod: @1\n"},
  };
  check({std::begin(rows), std::end(rows)});
}

TEST(Job, GivesEachIndexOneSuccess) {
  const auto indexed = [](api::Job& job) {
    job.spec.completionMode = "Indexed";
    job.spec.completions = 4;
    job.spec.parallelism = 2;
  };
  const auto alone = [&](api::Job& job) {
    indexed(job);
    job.spec.backoffLimitPerIndex = 1;
  };
  const JobRow rows[] = {
      {"the lowest first", JobWorld(indexed),
       "create Pod @0.0\n"
       "create Pod @1.0\n"
       "event Normal SuccessfulCreate: Created pod: @0.0\n"
       "event Normal SuccessfulCreate: Created pod: @1.0\n"},
      {"what is done stays done", JobWorld([&](api::Job& job) {
                                    indexed(job);
                                    job.status.completedIndexes = "0-1";
                                    job.status.succeeded = 2;
                                  }).pod({.phase = "Succeeded", .index = 2}),
       "update Pod @2.0 let go\n"
       "create Pod @3.0\n"
       "status Job work: completedIndexes: \"0-1\" -> \"0-2\"; succeeded: 2 -> 3\n"
       "event Normal SuccessfulCreate: Created pod: @3.0\n"},
      {"all are done", JobWorld([&](api::Job& job) {
                         indexed(job);
                         job.status.completedIndexes = "0-2";
                         job.status.succeeded = 3;
                       }).pod({.phase = "Succeeded", .index = 3}),
       "update Pod @3.0 let go\n"
       "status Job work: completedIndexes: \"0-2\" -> \"0-3\"; completionTime: (none) -> "
       "2023-11-14T22:13:20Z; succeeded: 3 -> 4; SuccessCriteriaMet True CompletionsReached; "
       "Complete True CompletionsReached\n"
       "event Normal Completed: Job completed\n"},
      {"an index of its own failures pauses alone",
       JobWorld(alone).pod({.phase = "Failed", .index = 0}),
       "update Pod @0.0 let go\n"
       "create Pod @1.0\n"
       "create Pod @2.0\n"
       "status Job work: failed: 0 -> 1\n"
       "event Normal SuccessfulCreate: Created pod: @1.0\n"
       "event Normal SuccessfulCreate: Created pod: @2.0\n"
       "wake in 5s\n"},
      {"and fails alone",
       JobWorld(alone).pod({.phase = "Failed", .index = 0, .slot = 1, .failures_before = 1}),
       "update Pod @0.1 let go\n"
       "create Pod @1.0\n"
       "create Pod @2.0\n"
       "status Job work: failed: 0 -> 1; failedIndexes: (none) -> \"0\"\n"
       "event Normal SuccessfulCreate: Created pod: @1.0\n"
       "event Normal SuccessfulCreate: Created pod: @2.0\n"},
      {"then the Job, at its end", JobWorld([&](api::Job& job) {
         alone(job);
         job.status.completedIndexes = "1-3";
         job.status.succeeded = 3;
         job.status.failedIndexes = "0";
       }),
       "status Job work: FailureTarget True FailedIndexes; Failed True FailedIndexes\n"
       "event Warning FailedIndexes: Job has failed indexes\n"},
      {"or at once", JobWorld([&](api::Job& job) {
         alone(job);
         job.spec.maxFailedIndexes = 1;
         job.status.failedIndexes = "0,2";
       }),
       "status Job work: FailureTarget True MaxFailedIndexesExceeded; Failed True "
       "MaxFailedIndexesExceeded\n"
       "event Warning MaxFailedIndexesExceeded: Job has exceeded the specified maximal number of "
       "failed indexes\n"},
      {"some are enough",
       JobWorld([&](api::Job& job) {
         indexed(job);
         job.spec.successPolicy.emplace().rules = {
             {.succeededCount = 1, .succeededIndexes = "0,3"}};
       })
           .pod({.phase = "Succeeded", .index = 3})
           .pod({.index = 1}),
       "update Pod @3.0 let go\n"
       "update Pod @1.0 let go\n"
       "status Job work: active: 0 -> 1; completedIndexes: (none) -> \"3\"; succeeded: 0 -> 1; "
       "SuccessCriteriaMet True SuccessPolicy\n"},
      {"one that has become smaller has fewer successes", JobWorld([&](api::Job& job) {
         indexed(job);
         job.spec.completions = 2;
         job.status.completedIndexes = "2-3";
         job.status.succeeded = 2;
       }),
       "create Pod @0.0\n"
       "create Pod @1.0\n"
       "status Job work: completedIndexes: \"2-3\" -> (none); succeeded: 2 -> 0\n"
       "event Normal SuccessfulCreate: Created pod: @0.0\n"
       "event Normal SuccessfulCreate: Created pod: @1.0\n"},
      {"two of one index: one too many",
       JobWorld(indexed).pod({.index = 0}).pod({.index = 0, .slot = 1}),
       "update Pod @0.1 let go\n"
       "status Job work: active: 0 -> 2\n"},
  };
  check({std::begin(rows), std::end(rows)});
}

TEST(JobIndexes, AreWrittenInRanges) {
  for (const char* same : {"", "0", "0,1", "0-2", "1,3-5,7", "0-99"}) {
    EXPECT_EQ(text(*parse_indexes(same)), same);
  }
  for (const char* broken : {"a", "1-", "-1", "3-1", "1,,2", "99999999999", "0-100000"}) {
    EXPECT_FALSE(parse_indexes(broken)) << broken;
  }
}

}  // namespace
}  // namespace weir
