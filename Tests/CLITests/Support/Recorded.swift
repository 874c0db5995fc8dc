/// What a real Argo printed, word for word.
enum Recorded {
    /// What precedes the tree, so many seconds after the first answer was recorded.
    private static func head(secondsLater seconds: Int) -> String {
        """
        Name:                cli-1
        Namespace:           argo
        ServiceAccount:      unset (will run with the default ServiceAccount)
        Status:              Succeeded
        Conditions:         \u{20}
         PodRunning          False
         Completed           True
        Created:             Mon Nov 23 02:48:31 +0000 (\(48 + seconds) seconds ago)
        Started:             Mon Nov 23 02:48:31 +0000 (\(48 + seconds) seconds ago)
        Finished:            Mon Nov 23 02:49:17 +0000 (\(2 + seconds) seconds ago)
        Duration:            46 seconds
        Progress:            3/5
        ResourcesDuration:   0s*(1 cpu),7s*(100Mi memory)
        Parameters:         \u{20}
          who:               world


        """
    }

    static let get =
        head(secondsLater: 0) + """
            \u{1B}[39mSTEP\u{1B}[0m                TEMPLATE  PODNAME                DURATION  MESSAGE
             \u{1B}[32m✔\u{1B}[0m cli-1            main                                                                     \u{20}
             ├───\u{1B}[32m✔\u{1B}[0m one          say       cli-1-say-3958743861   6s                                      \u{20}
             ├─┬─\u{1B}[39m○\u{1B}[0m skipme       say                                        when '1 == 2' evaluated false \u{20}
             │ ├─\u{1B}[32m✔\u{1B}[0m two(0:x)     say       cli-1-say-3910196851   4s                                      \u{20}
             │ └─\u{1B}[32m✔\u{1B}[0m two(1:true)  say       cli-1-say-2499510868   5s                                      \u{20}
             └───\u{1B}[31m✖\u{1B}[0m bad          fail                                       No more retries left          \u{20}
                 ├─\u{1B}[31m✖\u{1B}[0m bad(0)     fail      cli-1-fail-3654825239  5s        main: Error (exit code 3)     \u{20}
                 └─\u{1B}[31m✖\u{1B}[0m bad(1)     fail      cli-1-fail-4258966618  6s        main: Error (exit code 3)     \u{20}

            """

    static let getWide = head(secondsLater: 1) + wideTree

    static let getPlain = head(secondsLater: 1) + plainTree

    static let getShort = """
        \u{1B}[39mSTEP\u{1B}[0m                TEMPLATE  PODNAME                DURATION  MESSAGE                        NODENAME
         \u{1B}[32m✔\u{1B}[0m cli-1            main                                                                     \u{20}
         ├───\u{1B}[32m✔\u{1B}[0m one          say       cli-1-say-3958743861   6s                                       vm
         ├─┬─\u{1B}[39m○\u{1B}[0m skipme       say                                        when '1 == 2' evaluated false \u{20}
         │ ├─\u{1B}[32m✔\u{1B}[0m two(0:x)     say       cli-1-say-3910196851   4s                                       vm
         │ └─\u{1B}[32m✔\u{1B}[0m two(1:true)  say       cli-1-say-2499510868   5s                                       vm
         └───\u{1B}[31m✖\u{1B}[0m bad          fail                                       No more retries left          \u{20}
             ├─\u{1B}[31m✖\u{1B}[0m bad(0)     fail      cli-1-fail-3654825239  5s        main: Error (exit code 3)      vm
             └─\u{1B}[31m✖\u{1B}[0m bad(1)     fail      cli-1-fail-4258966618  6s        main: Error (exit code 3)      vm

        """

    static let plainTree = """
        STEP                        TEMPLATE  PODNAME                DURATION  MESSAGE
         Succeeded cli-1            main                                                                     \u{20}
         |---Succeeded one          say       cli-1-say-3958743861   6s                                      \u{20}
         |-+-Skipped skipme         say                                        when '1 == 2' evaluated false \u{20}
         | |-Succeeded two(0:x)     say       cli-1-say-3910196851   4s                                      \u{20}
         | `-Succeeded two(1:true)  say       cli-1-say-2499510868   5s                                      \u{20}
         `---Failed bad             fail                                       No more retries left          \u{20}
             |-Failed bad(0)        fail      cli-1-fail-3654825239  5s        main: Error (exit code 3)     \u{20}
             `-Failed bad(1)        fail      cli-1-fail-4258966618  6s        main: Error (exit code 3)     \u{20}

        """

    static let wideTree = """
        \u{1B}[39mSTEP\u{1B}[0m                TEMPLATE  PODNAME                DURATION  ARTIFACTS  MESSAGE                        RESOURCESDURATION             NODENAME
         \u{1B}[32m✔\u{1B}[0m cli-1            main                                                                                 0s*(1 cpu),7s*(100Mi memory) \u{20}
         ├───\u{1B}[32m✔\u{1B}[0m one          say       cli-1-say-3958743861   6s                                                  0s*(1 cpu),0s*(100Mi memory)  vm
         ├─┬─\u{1B}[39m○\u{1B}[0m skipme       say                                                   when '1 == 2' evaluated false  4s*(100Mi memory),0s*(1 cpu) \u{20}
         │ ├─\u{1B}[32m✔\u{1B}[0m two(0:x)     say       cli-1-say-3910196851   4s                                                  0s*(1 cpu),1s*(100Mi memory)  vm
         │ └─\u{1B}[32m✔\u{1B}[0m two(1:true)  say       cli-1-say-2499510868   5s                                                  0s*(1 cpu),2s*(100Mi memory)  vm
         └───\u{1B}[31m✖\u{1B}[0m bad          fail                                                  No more retries left           0s*(1 cpu),4s*(100Mi memory) \u{20}
             ├─\u{1B}[31m✖\u{1B}[0m bad(0)     fail      cli-1-fail-3654825239  5s                   main: Error (exit code 3)      0s*(1 cpu),2s*(100Mi memory)  vm
             └─\u{1B}[31m✖\u{1B}[0m bad(1)     fail      cli-1-fail-4258966618  6s                   main: Error (exit code 3)      0s*(1 cpu),2s*(100Mi memory)  vm

        """

    static let list = """
        NAME    STATUS      AGE   DURATION   PRIORITY   MESSAGE
        cli-1   Succeeded   49s   46s        0         \u{20}

        """

    static let listWide = """
        NAME    STATUS      AGE   DURATION   PRIORITY   MESSAGE   P/R/C   PARAMETERS
        cli-1   Succeeded   49s   46s        0                    0/0/5   who=world

        """

    static let submitted = """
        Name:                cli-1
        Namespace:           argo
        ServiceAccount:      unset (will run with the default ServiceAccount)
        Status:              Pending
        Created:             Mon Nov 23 02:48:31 +0000 (now)
        Progress:           \u{20}
        Parameters:         \u{20}
          who:               world

        """
}
